"""What an upstream may not be."""

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import fields

from middleware.outbound.upstream_policy import UpstreamPolicy
from server.service import Upstream
from server.settings import PREFIX
from server.upstreams.destination import AddressRefused, destination
from storage.mistakes import Mistake
from telemetry.dependency_health import DATABASES

_NAME = re.compile(r"[a-z][a-z0-9_-]{0,62}")
_ENVIRONMENT_NAME = re.compile(r"[A-Z][A-Z0-9_]*")


def upstream_mistakes(upstreams: Sequence[Upstream]) -> Iterator[Mistake]:
    """Everything wrong with the upstreams of a service."""
    seen: set[str] = set()
    for upstream in upstreams:
        details = [*_name_problems(upstream), *_variable_problems(upstream), *_policy_problems(upstream.policy)]
        if upstream.name in seen:
            details.append("there are two of this name")
        seen.add(upstream.name)
        where = f"Upstream({upstream.name!r})"
        yield from (Mistake(where=where, detail=detail, about=upstream) for detail in details)


def _name_problems(upstream: Upstream) -> Iterator[str]:
    if not _NAME.fullmatch(upstream.name):
        yield "a name is lower case: letters, digits, - and _"
    if upstream.name in DATABASES:
        yield "this is the name of a database of Mainstay's own; take another"


def _variable_problems(upstream: Upstream) -> Iterator[str]:
    words = {"base_url_env": upstream.base_url_env, "bearer_env": upstream.bearer_env}
    for word, name in words.items():
        if word == "bearer_env" and not name:
            continue
        if not _ENVIRONMENT_NAME.fullmatch(name):
            yield f"{word} names an environment variable, e.g. PAYMENTS_{'URL' if word == 'base_url_env' else 'TOKEN'}"
        elif name.startswith(PREFIX):
            yield f"{word} is {name}, but {PREFIX} is where Mainstay's own settings begin"
    if upstream.base_url:
        try:
            if destination(upstream.base_url).authorization:
                yield "base_url has credentials in it; those belong into the environment"
        except AddressRefused as refused:
            yield f"base_url {refused}"


def _policy_problems(policy: object) -> Iterator[str]:
    if not isinstance(policy, UpstreamPolicy):
        yield "policy is an UpstreamPolicy(…)"
        return
    for one in fields(policy):
        value = getattr(policy, one.name)
        allowed = int | float if one.type is float else int
        if isinstance(value, bool) or not isinstance(value, allowed) or not math.isfinite(value):
            yield f"policy: {one.name} is {'a number' if one.type is float else 'a whole number'}"
        elif value < 0 or (value == 0 and one.name not in _MAY_BE_NOTHING):
            yield f"policy: {one.name} is above 0"


_MAY_BE_NOTHING = {"waiters_per_permit", "wait_seconds", "backoff_seconds", "backoff_limit_seconds", "refusal_bytes"}
