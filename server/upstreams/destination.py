"""Where an upstream is and how it is told who calls, as the environment says; secrets are never part of a sentence."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from aiohttp import encode_basic_auth
from yarl import URL

from server.secret_files import read_secret_files
from server.service import Upstream

_TOKEN = re.compile(r"[\x21-\x7e]+")
_NO_ADDRESS = "write it as https://payments.example.com/v1"


class AddressRefused(Exception):  # noqa: N818 - it says what happened
    """This is no address of an upstream; the message is a sentence without the address, which may hold secrets."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """An upstream's address, its path without a slash at the end, and the Authorization header it is sent."""

    base_url: URL
    authorization: str = field(default="", repr=False)


Destinations = Mapping[str, Destination]
"""By the upstream's name."""


def variables_of(upstreams: Sequence[Upstream]) -> Sequence[str]:
    """The environment variables that say where upstreams are and who calls; each may be a secret and lie in a file."""
    named = [name for one in upstreams for name in (one.base_url_env, one.bearer_env) if name]
    return tuple(dict.fromkeys(named))


def read_destinations(
    upstreams: Sequence[Upstream], environment: Mapping[str, str]
) -> tuple[Destinations, Sequence[str]]:
    """Find every upstream; a sentence for each variable that is missing or wrong."""
    files = read_secret_files(environment, variables_of(upstreams))
    environment = {**environment, **files.values}
    found: dict[str, Destination] = {}
    wrong = [*files.problems]
    for upstream in upstreams:
        text = environment.get(upstream.base_url_env) or upstream.base_url
        token = environment.get(upstream.bearer_env, "") if upstream.bearer_env else ""
        try:
            found[upstream.name] = destination(text, token=token)
        except AddressRefused as refused:
            wrong.append(f"{upstream.base_url_env}: {refused}")
        if upstream.bearer_env and not _TOKEN.fullmatch(token):
            what = "holds what no header can hold" if token else f"is not set; upstream {upstream.name!r} wants a token"
            wrong.append(f"{upstream.bearer_env}: {what}")
    return found, wrong


def destination(text: str, *, token: str = "") -> Destination:
    """Read an address; credentials in it become Basic authentication. Raises AddressRefused."""
    if not text:
        raise AddressRefused(f"is not set; {_NO_ADDRESS}")
    try:
        url = URL(text.strip())
    except ValueError as error:
        raise AddressRefused(f"is no URL; {_NO_ADDRESS}") from error
    if url.scheme not in ("http", "https") or not url.host:
        raise AddressRefused(f"is no http or https URL; {_NO_ADDRESS}")
    if url.raw_query_string or url.raw_fragment:
        raise AddressRefused(f"has a query or a fragment; {_NO_ADDRESS}")
    has_credentials = url.user is not None or url.password is not None
    if has_credentials and token:
        raise AddressRefused("has credentials in it, and there is a token besides; give one of them")
    authorization = f"Bearer {token}" if token else ""
    if has_credentials:
        authorization = _basic(url.user or "", url.password or "")
    plain = url.with_user(None)
    return Destination(base_url=plain.with_path(plain.path.rstrip("/")), authorization=authorization)


def _basic(user: str, password: str) -> str:
    try:
        return encode_basic_auth(user, password, "utf-8")
    except ValueError as error:
        raise AddressRefused("has a name in it that Basic authentication cannot send") from error
