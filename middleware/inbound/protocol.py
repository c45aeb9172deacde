"""The edge below the layers: answers what aiohttp refuses before there is a request, and what escapes the layers."""

import asyncio
import math
import random
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from aiohttp import web
from aiohttp.http_exceptions import LineTooLong
from aiohttp.streams import StreamReader

from middleware.errors import Bug, Elapsed, HeadersTooLarge, Malformed, Problem, RequestTimeout, UriTooLong
from middleware.inbound.arrival import Arrival, ArrivalPolicy
from middleware.inbound.certificate import Certificate
from middleware.inbound.connection_watch import ConnectionWatch
from middleware.inbound.entrance import Entrance
from middleware.inbound.identify import CONTEXT, mark_answer
from middleware.inbound.listener import Listener, Secure
from middleware.inbound.problem_document import problem_response, refusal_response
from middleware.inbound.problems import exception_caught
from middleware.inbound.security_headers import is_over_tls
from middleware.inbound.shed import Shed
from middleware.inbound.shed_answer import shed_answer
from middleware.inbound.shed_protocol import ShedProtocol
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
    has not taken a finished answer in `answer_seconds` holds memory and is cut off: a megabyte then needs 280 kbit/s.
    Beyond `connections`, at 10 to 20 KB each, no more are accepted: the kernel holds the rest.
    """

    keepalive_seconds: float = 75.0
    max_line_bytes: int = 8190
    max_header_bytes: int = 8191
    max_headers: int = 100
    answer_seconds: float = 30.0
    connections: int = 10_000
    arrival: ArrivalPolicy = field(default_factory=ArrivalPolicy)


@dataclass(frozen=True, slots=True, kw_only=True)
class Edge:
    """What a connection needs to answer by itself; with a certificate it speaks TLS, without a Shed all are let in."""

    observe: Observe
    make_context: Identifier
    jitter: Callable[[], float] = random.random
    now: Callable[[], float] = time.monotonic
    call_later: CallLater = call_later
    certificate: Certificate | None = None
    shed: Shed | None = None


class ProblemProtocol(ShedProtocol):
    """aiohttp's connection, except that all it refuses leaves as problem details and is told as an event.

    aiohttp itself answers a malformed request, a failed expectation (417) and an exception that escapes every
    middleware in plain text, and logs a traceback of each.
    """

    __slots__ = ("_answer_began", "_arrival", "_edge", "_last_answer", "_policy")

    def __init__(self, server: web.Server, edge: Edge, *, policy: ConnectionPolicy, **settings: Any) -> None:
        super().__init__(server, edge.shed, **settings)
        self._edge = edge
        self._policy = policy
        self._arrival = Arrival(policy.arrival)
        self._answer_began = math.inf
        self._last_answer = False

    @property
    def is_arriving(self) -> bool:
        """Whether the rest of a request is still to come."""
        return self._arrival.is_under_way

    def parse(self, data: bytes) -> None:
        """Parse what has come, and take note of what is under way."""
        requests_before = self._request_count
        super().parse(data)
        if data and not self._upgraded and self._payload_parser is None:
            body = self._messages[-1][1] if self._request_count > requests_before and self._messages else None
            self._arrival.received(body=body, now=self._edge.now())

    def answer_refused(self, opening: bytes) -> None:
        """Answer a request nobody has read: there is no room for it."""
        edge, transport = self._edge, self.transport
        self._reject("overloaded")
        if transport is None:
            return
        answer = shed_answer(opening, make_context=edge.make_context, now=edge.now(), jitter=edge.jitter())
        transport.write(answer.data)
        if answer.closes:
            self.force_close()

    def look(self, now: float) -> None:
        """Close the connection if headers or an answer are late; tell the handler if a body is."""
        if not self._is_answer_taken(now):
            self._reject("slow_reader")
            self._abort()
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

    def _is_answer_taken(self, now: float) -> bool:
        """Whether there is nothing left of finished answers, or has not been for too long."""
        transport = self.transport
        is_taken = transport is None or self._current_request is not None or not transport.get_write_buffer_size()
        self._answer_began = math.inf if is_taken else min(self._answer_began, now)
        return now - self._answer_began <= self._policy.answer_seconds

    def _reject(self, reason: RejectReason) -> None:
        self._edge.observe(RequestRejected(reason=reason))

    def _abort(self) -> None:
        transport = self.transport
        if transport is not None:
            self.force_close()
            transport.abort()

    def close(self) -> None:
        """Close once the request under way is answered; aiohttp's would stop reading its body at once."""
        if self._request_in_progress:
            self._last_answer = True
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
        if request.writer.output_size > 0:
            raise ConnectionError("part of an answer has been sent, so no other can follow it") from exc
        context = request.get(CONTEXT) or self._edge.make_context()
        problem = self._problem(status, exc, context=context)
        return self._last(problem_response(problem, context, jitter=self._edge.jitter()), context)

    def finish_response(
        self, request: web.BaseRequest, resp: web.StreamResponse, start_time: float | None
    ) -> Coroutine[Any, Any, tuple[web.StreamResponse, bool]]:
        """Send an answer; a refusal that passed no layer is rendered first."""
        if isinstance(resp, web.HTTPException) and resp.status >= _FIRST_ERROR:
            context = request.get(CONTEXT) or self._edge.make_context()
            resp = self._last(refusal_response(resp, context, jitter=self._edge.jitter()), context)
        if self._last_answer:
            resp.force_close()
        return super().finish_response(request, resp, start_time)

    def _problem(self, status: int, error: BaseException | None, *, context: RequestContext) -> Problem:
        if status == HTTPStatus.BAD_REQUEST:
            self._edge.observe(
                RequestMalformed(
                    error_type=type(error).__name__, request_id=context.request_id, trace_id=context.trace_id
                )
            )
            return _unreadable(error, self._policy)
        if error is not None:
            self._edge.observe(exception_caught(error, context, route=UNMATCHED))
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


class ProblemServer(web.Server):
    """Makes a ProblemProtocol of each connection."""

    def __init__(self, plain: web.Server, edge: Edge, *, policy: ConnectionPolicy) -> None:
        super().__init__(plain.request_handler, request_factory=plain.request_factory)
        self._edge = edge
        self._policy = policy
        self._watch = ConnectionWatch(lambda: self.connections, now=edge.now, call_later=edge.call_later)  # type: ignore[arg-type, return-value]  # each is a ProblemProtocol, as __call__ makes them
        self._entrance = Entrance(policy.connections)
        if edge.shed is not None:
            edge.shed.entrance = self._entrance

    async def listen(self, runner: web.AppRunner, host: str, *, port: int) -> None:
        """Listen at an address too; raises OSError where that cannot be."""
        certificate = self._edge.certificate
        secure = None if certificate is None else Secure(certificate=certificate, observe=self._edge.observe)
        listener = Listener(runner, host, port=port, secure=secure)
        await listener.start()
        self._entrance.add(listener)

    def connection_made(self, handler: web.RequestHandler, transport: asyncio.Transport) -> None:
        """Look after it."""
        super().connection_made(handler, transport)
        self._watch.wake()
        self._entrance.opened()

    def connection_lost(self, handler: web.RequestHandler, exc: BaseException | None = None) -> None:
        """There is room for another."""
        super().connection_lost(handler, exc)
        self._entrance.closed()

    def __call__(self) -> web.RequestHandler:
        """Make one.

        Packed bodies stay packed (`auto_decompress`): unpacking 194 KB of them stalls the loop for a second, even for
        an answer that never reads them. Nothing waits for the rest of a body nobody wants (`lingering_time`).
        """
        return ProblemProtocol(
            self,
            self._edge,
            policy=self._policy,
            loop=self._loop,
            access_log=None,
            auto_decompress=False,
            lingering_time=0,
            keepalive_timeout=self._policy.keepalive_seconds,
            max_line_size=self._policy.max_line_bytes,
            max_field_size=self._policy.max_header_bytes,
            max_headers=self._policy.max_headers,
        )


class ProblemRunner(web.AppRunner):
    """Runs an application whose connections answer problems at their own edge; its sites are aiohttp's."""

    __slots__ = ("_edge", "_policy")

    def __init__(self, app: web.Application, edge: Edge, *, policy: ConnectionPolicy, shutdown_seconds: float) -> None:
        super().__init__(app, shutdown_timeout=shutdown_seconds)
        self._edge = edge
        self._policy = policy

    async def listen(self, host: str, *, port: int) -> int:
        """Serve at an address, 0 being any free port; the port it got. Raises OSError where that cannot be."""
        server = self.server
        if not isinstance(server, ProblemServer):
            raise TypeError("the runner is set up first")
        await server.listen(self, host, port=port)
        found: int = self.addresses[0][1]
        return found

    async def _make_server(self) -> web.Server:
        return ProblemServer(await super()._make_server(), self._edge, policy=self._policy)
