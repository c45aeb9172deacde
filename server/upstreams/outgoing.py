"""What is sent to an upstream, put together so that no value can lead it anywhere else."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import TypedDict
from urllib.parse import quote, urlencode

import orjson
from multidict import CIMultiDict
from yarl import URL

from middleware.errors import Malformed
from storage.wire import rendered

READS = frozenset({"GET", "HEAD", "OPTIONS"})
"""RFC 9110, 9.2.1: they ask for nothing to be changed."""

_TWICE_IS_ONCE = READS | {"PUT", "DELETE"}
"""RFC 9110, 9.2.2: made twice they do what they do once."""

IDEMPOTENCY_KEY = "Idempotency-Key"
_OURS = frozenset({"connection", "content-length", "host", "te", "trailer", "transfer-encoding", "upgrade"})
_PATH = re.compile(r"(/[A-Za-z0-9._~!$&'()*+,;=:@{}-]*)+")
_PLACE = re.compile(r"\{([a-z_][a-z0-9_]*)\}")
_DOTS = frozenset({"", ".", ".."})
_NO_FIELD = re.compile(r"[\x00-\x08\x0a-\x1f\x7f\ud800-\udfff]")
"""RFC 9110, 5.5: what ends a header field, or hides in one."""


class Sending(TypedDict, total=False):
    """What a call may say besides its method and path.

    `values` fill the places of the path (`/charges/{id}`), each quoted, so it can be nothing but one part of it. Of
    `query`, None is left out and a list is repeated. `json` is a model, a list of them or plain data, in the wire
    form of our own answers; `data` are bytes as they are, with a Content-Type in `headers`. With an
    `idempotency_key` a POST or PATCH may be repeated: the upstream must know the header.
    """

    values: Mapping[str, object]
    query: Mapping[str, object]
    headers: Mapping[str, str]
    idempotency_key: str
    json: object
    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """One request as it is sent, again and again where it is repeated."""

    method: str
    url: URL
    headers: CIMultiDict[str]
    body: bytes | None

    @property
    def is_read(self) -> bool:
        """Whether it asks for nothing to be changed."""
        return self.method in READS

    @property
    def is_repeatable(self) -> bool:
        """Whether making it twice does what making it once does."""
        return self.method in _TWICE_IS_ONCE or IDEMPOTENCY_KEY in self.headers


def outgoing(method: str, base_url: URL, *, path: str, sending: Sending) -> Outgoing:
    """Put a request together; raises ValueError for what no handler should say, Malformed for a value nothing can hold.

    A path begins with a slash and stays below the base URL: no address, no query, no dots.
    """
    headers = _headers(sending)
    body = sending.get("data")
    if "json" in sending:
        if body is not None:
            raise ValueError("a call has either json or data")
        body = rendered(sending["json"])
        headers.setdefault("Content-Type", "application/json")
    address = f"{base_url}".rstrip("/") + _filled(path, sending.get("values", {}))
    query = _query(sending.get("query", {}))
    url = URL(f"{address}?{query}" if query else address, encoded=True)
    return Outgoing(method=method, url=url, headers=headers, body=body)


def _headers(sending: Sending) -> CIMultiDict[str]:
    headers = CIMultiDict(sending.get("headers", {}))
    for name, value in headers.items():
        if name.lower() in _OURS:
            raise ValueError(f"the header {name} is not for a handler to set")
        if _NO_FIELD.search(value):
            raise ValueError(f"the header {name} has a value that no header can hold")  # which may be a secret
    key = sending.get("idempotency_key", "")
    if _NO_FIELD.search(key):
        raise Malformed(f"{key!r} can stand in no header.")
    if key:
        headers[IDEMPOTENCY_KEY] = key
    return headers


def _filled(path: str, values: Mapping[str, object]) -> str:
    if not _PATH.fullmatch(path) or not _DOTS.isdisjoint(path.removesuffix("/").split("/")[1:]):
        raise ValueError(f"{path!r} is no path as /charges/{{id}}; what varies belongs into values= and query=")
    names = set(_PLACE.findall(path))
    if names != set(values) or re.search(r"[{}]", _PLACE.sub("", path)):
        raise ValueError(f"{path!r} and values= name different places")
    return _PLACE.sub(lambda place: _quoted(values[place[1]]), path)


def _quoted(value: object) -> str:
    text = _text(value)
    if not text or not _DOTS.isdisjoint(re.split(r"[/\\]", text)):
        raise Malformed(f"{text!r} can stand in no address.")
    try:
        return quote(text, safe="")
    except UnicodeEncodeError as error:
        raise Malformed("What is no text can stand in no address.") from error


def _query(query: Mapping[str, object]) -> str:
    pairs: list[tuple[str, str]] = []
    for name, value in query.items():
        several = value if isinstance(value, list | tuple) else [value]
        pairs += [(name, _text(one)) for one in several if one is not None]
    try:
        return urlencode(pairs)
    except UnicodeEncodeError as error:
        raise Malformed("What is no text can stand in no address.") from error


def _text(value: object) -> str:
    """A value as our own answers would show it, without quotation marks."""
    if isinstance(value, str) and not isinstance(value, Enum):
        return value
    shown = rendered(value)
    return str(orjson.loads(shown)) if shown.startswith(b'"') else shown.decode()
