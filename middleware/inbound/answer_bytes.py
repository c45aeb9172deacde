"""The bytes of an ordinary answer, made at once: the same that aiohttp writes, with the headers every answer has.

aiohttp asks for each header whether it is there, sets those that are not, calls receivers that set ours, and writes
them all: 20 µs. Which headers are missing follows from the names of those that are there, so it is found out once for
each set of names.
"""

import time
from collections.abc import Callable

from aiohttp import HttpVersion11, hdrs, web
from aiohttp.helpers import EMPTY_BODY_STATUS_CODES, rfc822_formatted_time
from aiohttp.http_writer import _serialize_headers

from middleware.inbound.cors import Origins
from middleware.inbound.exchange import Exchange
from middleware.inbound.rate_limit import LIMITED, RATE_LIMIT, RATE_LIMIT_POLICY
from middleware.inbound.security_headers import missing_of

_SET_BY_AIOHTTP = frozenset({"connection", "content-length", "date", "server", "set-cookie", "transfer-encoding"})
_SET_BY_US = frozenset({"ratelimit", "ratelimit-policy", "server-timing", "traceparent", "x-request-id"})
"""Where an answer brings one of these, aiohttp and the receivers decide what becomes of it."""

_NAMES_KEPT = 1_024
_FIRST_ORDINARY = 200
_END = "\r\n"


class AnswerBytes:
    """Makes the head and the body of an ordinary answer; `origins` are those whose pages may read it."""

    def __init__(self, origins: Origins | None = None, *, now: Callable[[], float] = time.monotonic) -> None:
        self._origins = origins
        self._now = now
        self._missing: dict[tuple[bool, tuple[str, ...]], str | None] = {}

    def __call__(self, exchange: Exchange, response: web.StreamResponse) -> tuple[bytes, bytes] | None:
        """Head and body; None where aiohttp has to write it: in parts, packed, the last of a connection."""
        if type(response) is not web.Response or not _is_ordinary(exchange, response):
            return None
        headers = response._headers  # noqa: SLF001 - the properties of all these cost as much as the rest of this
        body = response._body or b""  # noqa: SLF001 - likewise
        if type(body) is not bytes:
            return None
        missing = self._missing_of(tuple(headers), over_tls=exchange._transport_sslcontext is not None)  # noqa: SLF001 - likewise
        if missing is None or (body and hdrs.CONTENT_TYPE not in headers):
            return None
        if self._origins is not None:
            self._origins.tell(exchange.headers.get(hdrs.ORIGIN), headers)
        context, limited = exchange.context, exchange.get(LIMITED)
        limits = "" if limited is None else f"{RATE_LIMIT_POLICY}: {limited[0]}\r\n{RATE_LIMIT}: {limited[1]}\r\n"
        timing = context.stages.header(self._now() - context.started_seconds)
        is_empty, is_head = _is_empty(response), exchange._method == hdrs.METH_HEAD  # noqa: SLF001 - likewise
        length = "" if is_empty or (is_head and not body) else f"Content-Length: {len(body)}\r\n"
        status = f"HTTP/1.1 {response._status} {response._reason}"  # noqa: SLF001 - likewise
        given = _serialize_headers(status, headers)[: -len(_END)]
        trace = f"00-{context.trace_id}-{context.span_id}-{'01' if context.sampled else '00'}"
        ours = (
            f"{length}{missing}Date: {rfc822_formatted_time()}\r\nX-Request-ID: {context.request_id}\r\n"
            f"traceparent: {trace}\r\nServer-Timing: {timing}\r\n{limits}\r\n"
        )
        return given + ours.encode("latin-1"), b"" if is_empty or is_head else body

    def _missing_of(self, names: tuple[str, ...], *, over_tls: bool) -> str | None:
        """Of the headers that every answer has those that one with these names lacks, as text."""
        key = (over_tls, names)
        if key not in self._missing:
            if len(self._missing) >= _NAMES_KEPT:
                self._missing.clear()
            known = frozenset(name.lower() for name in names)
            is_plain = known.isdisjoint(_SET_BY_AIOHTTP | _SET_BY_US)
            self._missing[key] = missing_of(known, over_tls=over_tls) if is_plain else None
        return self._missing[key]


def _is_empty(response: web.Response) -> bool:
    """Whether its status rules out a body."""
    return response._status in EMPTY_BODY_STATUS_CODES  # noqa: SLF001 - as above


def _is_ordinary(exchange: Exchange, response: web.Response) -> bool:
    """Whether it is whole, goes out as it is, and the connection goes on after it."""
    return (
        not exchange._message.should_close  # noqa: SLF001 - as above
        and exchange._version == HttpVersion11  # noqa: SLF001 - as above
        and response._status >= _FIRST_ORDINARY  # noqa: SLF001 - as above
        and response._keep_alive is None  # noqa: SLF001 - as above
        and not (response._chunked or response._compression or response._cookies)  # noqa: SLF001 - as above
        and not response.prepared
        and exchange._method != hdrs.METH_CONNECT  # noqa: SLF001 - as above
    )
