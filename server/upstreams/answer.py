"""What an upstream answered: what its status means, when it says to come back, and what is read out of its body."""

import math
import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any

from aiohttp import hdrs
from pydantic import TypeAdapter, ValidationError

from middleware.errors import BadGateway, OutcomeUnknown, Problem, Unavailable, UpstreamFailed, UpstreamRefused
from middleware.outbound.upstream_policy import Throttled

COME_BACK_WITHIN_SECONDS = 3600
"""However long an upstream asks callers to stay away, ours are not told more than an hour: somebody may mend it."""

_SPREAD_SECONDS = 4

_GONE = frozenset({HTTPStatus.BAD_GATEWAY, HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.GATEWAY_TIMEOUT})
"""Not the upstream's own failing at this call, but somebody's not reaching it, or its being stopped or too busy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An answer, read to its end; `expects=Answer` gives a handler this instead of what the body says."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def is_good(self) -> bool:
        """Whether it is a 2xx."""
        return HTTPStatus.OK <= self.status < HTTPStatus.MULTIPLE_CHOICES


def problem_of(
    answer: Answer,
    *,
    is_repeatable: bool,
    now: Callable[[], float] = time.time,
    jitter: Callable[[], float] = random.random,
) -> Problem:
    """What an answer means that is no 2xx. Of a call that may not be repeated, a gateway's 502 or 504 tells nothing."""
    if answer.status == HTTPStatus.TOO_MANY_REQUESTS:
        return Throttled(headers=_come_back(answer, now, jitter=jitter))
    if answer.status in _GONE:
        if not is_repeatable and answer.status != HTTPStatus.SERVICE_UNAVAILABLE:
            return OutcomeUnknown()
        return Unavailable(headers=_come_back(answer, now, jitter=jitter))
    failed = answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR
    return (UpstreamFailed if failed else UpstreamRefused)(status=answer.status, body=answer.body)


def _come_back(answer: Answer, now: Callable[[], float], *, jitter: Callable[[], float]) -> dict[str, str]:
    """The time it asks for and a little more, so that not all our callers come back in the same second."""
    seconds = retry_after_seconds(answer.headers.get(hdrs.RETRY_AFTER, ""), now=now)
    return {} if seconds is None else {hdrs.RETRY_AFTER: str(seconds + int(jitter() * _SPREAD_SECONDS))}


def retry_after_seconds(text: str, *, now: Callable[[], float] = time.time) -> int | None:
    """Read a Retry-After (RFC 9110, 10.2.3), seconds or a date; None for anything else, an hour at most."""
    if text.isascii() and text.isdecimal():
        return min(int(text[:_DIGITS]), COME_BACK_WITHIN_SECONDS)
    try:
        date = parsedate_to_datetime(text)
        instant = (date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):  # a year may have any number of digits
        return None
    return min(max(math.ceil(instant - now()), 0), COME_BACK_WITHIN_SECONDS)


_DIGITS = 9
"""More than these say no more than an hour either way."""


class Expectations:
    """Reads bodies as what they are expected to be; makes each type's reader once."""

    def __init__(self) -> None:
        self._adapters: dict[Any, TypeAdapter[Any]] = {}

    def met(self, expects: Any, answer: Answer) -> Any:
        """Read the body as `expects` (Any: what pydantic can read); raises BadGateway where it is something else."""
        if expects is Answer:
            return answer
        if expects is bytes:
            return answer.body
        adapter = self._adapters.get(expects)
        if adapter is None:
            adapter = self._adapters[expects] = TypeAdapter(expects)
        try:
            return adapter.validate_json(answer.body)
        except ValidationError as error:
            raise BadGateway("Something this needs answered with something else than agreed.") from error
