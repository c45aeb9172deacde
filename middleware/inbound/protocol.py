"""The edge below the layers: answers what aiohttp refuses before there is a request, and what escapes the layers."""

import asyncio
import math
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from aiohttp import web
from aiohttp.http_exceptions import LineTooLong
from aiohttp.streams import EMPTY_PAYLOAD, StreamReader
from mypy_extensions import mypyc_attr

from middleware.errors import Bug, Elapsed, HeadersTooLarge, Malformed, Problem, RequestTimeout, UriTooLong
from middleware.inbound.arrival import Arrival, ArrivalPolicy
from middleware.inbound.bugs import Bugs
from middleware.inbound.certificate import Certificate
from middleware.inbound.exchange import Exchange
from middleware.inbound.guarded_parser import GuardedParser
from middleware.inbound.identify import CONTEXT, mark_answer
from middleware.inbound.outbox import Outbox
from middleware.inbound.priorities import NO_OPENINGS, Openings
from middleware.inbound.problem_document import problem_response, refusal_response
from middleware.inbound.security_headers import is_over_tls
from middleware.inbound.shed import Shed
from middleware.inbound.shed_answer import shed_answer
from middleware.inbound.shed_protocol import ShedProtocol
from middleware.inbound.turns import Answers
from middleware.outbound.clock import call_later
from middleware.sweeper import CallLater
from telemetry.context import Identifier, RequestContext
from telemetry.events import UNMATCHED, Observe, RejectReason, RequestMalformed, RequestRejected

_FIRST_ERROR = 400
_TOO_MANY_HEADERS = "Too many headers"
_CANCEL_SECONDS = 0.5
"""How long a handler whose time is up may take to end; to aiohttp 0 would mean for ever."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionPolicy:
    """Numbers of one connection.

    An idle connection, or one whose first request does not arrive, closes after `keepalive_seconds`: longer than the
    60 s after which common load balancers let go, so that it is they who close and no request meets a closing socket.
    8 KiB hold any address of ours and any header, a byte more of one than of the other since aiohttp tells them apart
    by nothing else, and 100 headers are twice what browsers and proxies send. A caller who
    takes less than `answer_bytes_a_look` of a finished answer from one look to the next, 16 KiB a second as for bodies,
    for `answer_seconds` holds memory and is cut off.
    Beyond `connections`, at 10 to 20 KB each, no more are accepted: the kernel holds the rest until one ends, or has
    been idle. The next request of a connection is not begun before the answer is taken but for `ahead_bytes`, as many
    as a small answer has: whoever takes nothing gets one answer made and not one for each it has asked for. All
    the answers that nobody takes may hold `untaken_bytes`: five hundred lists of 200. Beyond it those are cut off
    sooner who have left theirs longest.
    """

    keepalive_seconds: float = 75.0
    max_line_bytes: int = 8190
    max_header_bytes: int = 8191
    max_headers: int = 100
    answer_seconds: float = 30.0
    answer_bytes_a_look: int = 8_192
    ahead_bytes: int = 16_384
    untaken_bytes: int = 33_554_432
    connections: int = 10_000
    arrival: ArrivalPolicy = field(default_factory=ArrivalPolicy)


@dataclass(frozen=True, slots=True, kw_only=True)
class Edge:
    """What a connection needs to answer by itself; with a certificate it speaks TLS, without a Shed all are let in.

    `openings` tells what a request was for that is refused unread.
    """

    observe: Observe
    make_context: Identifier
    jitter: Callable[[], float] = random.random
    now: Callable[[], float] = time.monotonic
    call_later: CallLater = call_later
    certificate: Certificate | None = None
    shed: Shed | None = None
    openings: Openings = NO_OPENINGS
    outbox: Outbox = field(default_factory=Outbox)
    bugs: Bugs = field(default_factory=Bugs)


@mypyc_attr(native_class=False)
class ProblemProtocol(ShedProtocol):
    """aiohttp's connection, except that all it refuses leaves as problem details and is told as an event.

    aiohttp itself answers a malformed request, a failed expectation (417) and an exception that escapes every
    middleware in plain text, and logs a traceback of each.
    """

    __slots__ = ("_arrival", "_edge", "_policy", "_stuck_since", "untaken_bytes", "untaken_seconds")

    def __init__(
        self, server: web.Server, edge: Edge, *, answers: Answers, policy: ConnectionPolicy, **settings: Any
    ) -> None:
        super().__init__(server, answers, shed=edge.shed, outbox=edge.outbox, **settings)
        self._parser: Any = GuardedParser(self._parser)  # aiohttp names its own parsers, and wants no others
        self._edge = edge
        self._policy = policy
        self._arrival = Arrival(policy.arrival)
        self._stuck_since = math.inf
        self.untaken_bytes = 0
        self.untaken_seconds = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Have it tell sooner than a transport would by itself that its caller takes nothing."""
        super().connection_made(transport)
        if isinstance(transport, asyncio.WriteTransport):
            transport.set_write_buffer_limits(high=self._policy.ahead_bytes)

    @property
    def idle_seconds(self) -> float:
        """For how long nothing has been asked or answered; 0 while something is."""
        if self._request_in_progress or self._messages or self._held or self.is_arriving or self.untaken_bytes:
            return 0.0
        return self._policy.keepalive_seconds - (self._next_keepalive_close_time - self._loop.time())

    @property
    def is_arriving(self) -> bool:
        """Whether the rest of a request is still to come."""
        return self._arrival.is_under_way

    def parse(self, data: bytes) -> None:
        """Parse what has come, and take note of what is under way."""
        requests_before = self._request_count
        super().parse(data)
        if self._request_count > requests_before and self._messages and self._messages[-1][1] is EMPTY_PAYLOAD:
            self._arrival.forget()  # all of it is there
        elif data and not self._upgraded and self._payload_parser is None:
            body = self._messages[-1][1] if self._request_count > requests_before and self._messages else None
            self._arrival.received(body=body, now=self._edge.now())

    def answer_refused(self, opening: bytes) -> None:
        """Answer a request nobody has read: there is no room for it."""
        edge, transport = self._edge, self.transport
        method, route = edge.openings.asked(opening)
        edge.observe(RequestRejected(reason="overloaded", method=method, route=route))
        if transport is None:
            return
        answer = shed_answer(opening, make_context=edge.make_context, now=edge.now(), jitter=edge.jitter())
        self.send()
        transport.write(answer.data)
        if answer.closes:
            self.force_close()

    def look(self, now: float) -> None:
        """Close the connection if headers or an answer are late; tell the handler if a body is."""
        self._measure_untaken(now)
        if self.untaken_seconds > self._policy.answer_seconds:
            self.cut_off()
        late = self._arrival.late(now)
        if late is None or self._reading_paused:  # paused by us: the caller cannot help it
            return
        body = self._arrival.body
        self._arrival.forget()
        self._reject(late)
        if isinstance(body, StreamReader):
            body.set_exception(RequestTimeout())
        elif self._request_in_progress:
            self.close()
        else:
            self._abort()

    def cut_off(self) -> None:
        """Break the connection off: nobody takes what was answered."""
        self._reject("slow_reader")
        self.untaken_bytes, self.untaken_seconds = 0, 0.0
        self._abort()

    def let_go(self) -> None:
        """Close it for others' sake: it is idle."""
        self._reject("idle")
        self.force_close()

    def _measure_untaken(self, now: float) -> None:
        """See what is left of finished answers, and for how long next to nothing has been taken of it."""
        before = self.untaken_bytes
        made = None if self._current_request is not None else self.transport
        self.untaken_bytes = 0 if made is None else made.get_write_buffer_size()
        taken_bytes = before - self.untaken_bytes
        if not self.untaken_bytes:
            self._stuck_since = math.inf
        elif taken_bytes >= self._policy.answer_bytes_a_look or taken_bytes < 0:  # or that is another answer
            self._stuck_since = now
        else:
            self._stuck_since = min(self._stuck_since, now)
        self.untaken_seconds = max(0.0, now - self._stuck_since)

    def _reject(self, reason: RejectReason) -> None:
        self._edge.observe(RequestRejected(reason=reason))

    def _abort(self) -> None:
        transport = self.transport
        if transport is not None:
            self.force_close()
            transport.abort()

    def end_with_next_answer(self) -> None:
        """Say with the next answer that it is the last, and close then."""
        self.is_last_answer = True

    def close(self) -> None:
        """Close once the request under way is answered; aiohttp's would stop reading its body at once."""
        if self._request_in_progress:
            self.is_last_answer = True
        else:
            super().close()

    async def shutdown(self, timeout: float | None = 15.0) -> None:  # noqa: ASYNC109 - aiohttp dictates it
        """Let the request under way arrive whole and be answered, for at most `timeout` seconds; then close."""
        if self._request_in_progress:
            self._handler_waiter = self._loop.create_future()
            await asyncio.wait([self._handler_waiter], timeout=timeout)
            self._handler_waiter = None
        await super().shutdown(_CANCEL_SECONDS)

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,  # noqa: ARG002 - aiohttp's words, which quote the bytes it could not read
    ) -> web.StreamResponse:
        """Answer what no layer has answered; the connection closes after it."""
        if isinstance(request, Exchange) and request.is_being_answered:
            raise ConnectionError("part of an answer has been sent, so no other can follow it") from exc
        context = request.get(CONTEXT) or self._edge.make_context()
        problem = self._problem(status, exc, context=context)
        return self._last(problem_response(problem, context, jitter=self._edge.jitter()), context)

    async def finish_response(
        self, request: web.BaseRequest, resp: web.StreamResponse, start_time: float | None
    ) -> tuple[web.StreamResponse, bool]:
        """Send an answer that is not written at once; a refusal that passed no layer is rendered first."""
        if isinstance(resp, web.HTTPException) and resp.status >= _FIRST_ERROR:
            context = request.get(CONTEXT) or self._edge.make_context()
            resp = self._last(refusal_response(resp, context, jitter=self._edge.jitter()), context)
        if self.is_last_answer:
            resp.force_close()
        return await super().finish_response(request, resp, start_time)

    def _problem(self, status: int, error: BaseException | None, *, context: RequestContext) -> Problem:
        if status == HTTPStatus.BAD_REQUEST:
            self._edge.observe(
                RequestMalformed(
                    error_type=type(error).__name__, request_id=context.request_id, trace_id=context.trace_id
                )
            )
            return _unreadable(error, self._policy)
        if error is not None:
            self._edge.observe(self._edge.bugs(error, context, place=("", UNMATCHED)))
        return Elapsed() if status == HTTPStatus.GATEWAY_TIMEOUT else Bug()

    def _last(self, response: web.Response, context: RequestContext) -> web.Response:
        over_tls = is_over_tls(self.transport)
        mark_answer(response.headers, context, now_seconds=self._edge.now(), over_tls=over_tls)
        response.force_close()
        return response


def _unreadable(error: BaseException | None, policy: ConnectionPolicy) -> Problem:
    """What the parser complains of; of a line that is too long it tells no more than the limit."""
    if isinstance(error, LineTooLong):
        if policy.max_line_bytes in error.args:
            return UriTooLong(f"An address has at most {policy.max_line_bytes:,} bytes.")
        return HeadersTooLarge(f"A header field has at most {policy.max_header_bytes:,} bytes.")
    if _TOO_MANY_HEADERS in str(error):
        return HeadersTooLarge(f"A request has at most {policy.max_headers:,} header fields.")
    return Malformed("This is not an HTTP request.")
