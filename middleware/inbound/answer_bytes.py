"""The bytes of an ordinary answer, made at once: the same that aiohttp writes, with the headers every answer has.

aiohttp asks for each header whether it is there, sets those that are not, calls receivers that set ours, and writes
them all: 20 µs. Which headers are missing follows from the names of those that are there, so it is found out once for
each set of names.
"""

import time
from collections.abc import Callable, Mapping
from typing import TypeGuard

from aiohttp import HttpVersion11, hdrs, web
from aiohttp.helpers import EMPTY_BODY_STATUS_CODES, rfc822_formatted_time
from aiohttp.http_writer import _serialize_headers

from middleware.inbound.cors import Origins
from middleware.inbound.exchange import Exchange
from middleware.inbound.rate_limit import LIMITED, RATE_LIMIT, RATE_LIMIT_POLICY
from middleware.inbound.ready_answer import ReadyAnswer
from middleware.inbound.security_headers import missing_of

_SET_BY_AIOHTTP = frozenset({"connection", "content-length", "date", "server", "set-cookie", "transfer-encoding"})
_SET_BY_US = frozenset({"ratelimit", "ratelimit-policy", "server-timing", "traceparent", "x-request-id"})
"""Where an answer brings one of these, aiohttp and the receivers decide what becomes of it."""

_NAMES_KEPT = 1_024
_OPENINGS_KEPT = 64
"""Of those that share headers: their statuses are few, unless a team's own code thinks up reasons for them."""
_FIRST_ORDINARY = 200
_END = b"\r\n"


class AnswerBytes:
    """Makes the head and the body of an ordinary answer; `origins` are those whose pages may read it."""

    def __init__(self, origins: Origins | None = None, *, now: Callable[[], float] = time.monotonic) -> None:
        self._origins = origins
        self._now = now
        self._missing: dict[tuple[bool, tuple[str, ...]], bytes | None] = {}

    def __call__(self, exchange: Exchange, response: web.StreamResponse) -> tuple[bytes, bytes] | None:
        """Head and body; None where aiohttp has to write it: in parts, packed, the last of a connection."""
        if not _is_ordinary(response, exchange):
            return None
        body = response._body or b""  # noqa: SLF001 - the properties of all these cost as much as the rest of this
        if type(body) is not bytes:
            return None
        opening = self._opening(exchange, response, has_body=bool(body))
        if opening is None:
            return None
        context, limited = exchange.context, exchange._state.get(LIMITED)  # noqa: SLF001 - likewise
        limits = "" if limited is None else f"{RATE_LIMIT_POLICY}: {limited[0]}\r\n{RATE_LIMIT}: {limited[1]}\r\n"
        timing = context.stages.header(self._now() - context.started_seconds)
        is_empty = response._status in EMPTY_BODY_STATUS_CODES  # noqa: SLF001 - likewise
        is_head = exchange._method == hdrs.METH_HEAD  # noqa: SLF001 - likewise
        length = "" if is_empty or (is_head and not body) else f"Content-Length: {len(body)}\r\n"
        flags = "01" if context.sampled else "00"
        ours = (
            f"{length}Date: {rfc822_formatted_time()}\r\nX-Request-ID: {context.request_id}\r\n"
            f"traceparent: 00-{context.trace_id}-{context.span_id}-{flags}\r\nServer-Timing: {timing}\r\n{limits}\r\n"
        )
        return opening + ours.encode("latin-1"), b"" if is_empty or is_head else body

    def _opening(self, exchange: Exchange, response: web.Response, *, has_body: bool) -> bytes | None:
        """The status, the headers it was given, those every answer has; None for an answer with one of aiohttp's."""
        over_tls = exchange._transport_sslcontext is not None  # noqa: SLF001 - as above
        if type(response) is ReadyAnswer and self._origins is None and response.is_untouched:
            return self._opening_shared(response, over_tls=over_tls, has_body=has_body)
        headers = response._headers  # noqa: SLF001 - as above
        missing = self._missing_of(tuple(headers), over_tls=over_tls)
        if missing is None or (has_body and hdrs.CONTENT_TYPE not in headers):
            return None
        if self._origins is not None:
            self._origins.tell(exchange.headers.get(hdrs.ORIGIN), response.headers)
        return _first_line(response) + _lines(headers) + missing

    def _opening_shared(self, response: ReadyAnswer, *, over_tls: bool, has_body: bool) -> bytes | None:
        """The same; all of it that an answer shares with others is put together once."""
        shared, own = response.shared, response.own
        status = response._status  # noqa: SLF001 - as above
        place = (status if has_body else -status, response._reason, over_tls, *own)  # noqa: SLF001 - as above
        opening = shared.openings.get(place)
        if opening is None:
            names = (*shared.given, *own)
            missing = self._missing_of(names, over_tls=over_tls)
            if missing is None or (has_body and hdrs.CONTENT_TYPE not in names):
                return None
            if len(shared.openings) >= _OPENINGS_KEPT:
                shared.openings.clear()
            opening = shared.openings[place] = _first_line(response) + _lines(shared.given) + missing
        return opening + _lines(own) if own else opening

    def _missing_of(self, names: tuple[str, ...], *, over_tls: bool) -> bytes | None:
        """Of the headers that every answer has those that one with these names lacks, as they are sent."""
        key = (over_tls, names)
        if key not in self._missing:
            if len(self._missing) >= _NAMES_KEPT:
                self._missing.clear()
            known = frozenset(name.lower() for name in names)
            is_plain = known.isdisjoint(_SET_BY_AIOHTTP | _SET_BY_US)
            text = missing_of(known, over_tls=over_tls) if is_plain else None
            self._missing[key] = None if text is None else text.encode()
        return self._missing[key]


def _first_line(response: web.Response) -> bytes:
    """The status line, checked for what would end it."""
    status = f"HTTP/1.1 {response._status} {response._reason}"  # noqa: SLF001 - as above
    alone = _serialize_headers(status, {})  # type: ignore[arg-type]  # any mapping does
    return alone.removesuffix(_END * 2).removesuffix(_END) + _END  # aiohttp's in Python ends it once more


def _lines(headers: Mapping[str, str]) -> bytes:
    """These headers, checked for what would end a line; the blank line is still to come."""
    return _serialize_headers("", headers)[len(_END) : -len(_END)] if headers else b""  # type: ignore[arg-type]  # likewise


def _is_ordinary(response: web.StreamResponse, exchange: Exchange) -> TypeGuard[web.Response]:
    """Whether it is whole, goes out as it is, and the connection goes on after it."""
    return (
        (type(response) is ReadyAnswer or type(response) is web.Response)
        and not exchange._message.should_close  # noqa: SLF001 - as above
        and exchange._version == HttpVersion11  # noqa: SLF001 - as above
        and response._status >= _FIRST_ORDINARY  # noqa: SLF001 - as above
        and response._keep_alive is None  # noqa: SLF001 - as above
        and not (response._chunked or response._compression or response._cookies)  # noqa: SLF001 - as above
        and not response._eof_sent  # noqa: SLF001 - as above
        and response._payload_writer is None  # noqa: SLF001 - as above
        and exchange._method != hdrs.METH_CONNECT  # noqa: SLF001 - as above
    )
