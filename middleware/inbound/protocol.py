"""The edge below the layers: answers what aiohttp refuses before there is a request, and what escapes the layers."""

import asyncio
import random
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from aiohttp import web
from aiohttp.http_exceptions import LineTooLong

from middleware.errors import Bug, Elapsed, Malformed, Problem
from middleware.inbound.identify import CONTEXT, mark_answer
from middleware.inbound.problem_document import problem_response, refusal_response
from middleware.inbound.problems import exception_caught
from telemetry.context import Identifier, RequestContext
from telemetry.events import UNMATCHED, Observe, RequestMalformed

_FIRST_ERROR = 400
_CANCEL_SECONDS = 0.5
"""How long a handler whose time is up may take to end; to aiohttp 0 would mean for ever."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionPolicy:
    """Numbers of one connection.

    An idle connection, or one whose first request does not arrive, closes after `keepalive_seconds`: longer than the
    60 s after which common load balancers let go, so that it is they who close and no request meets a closing socket.
    A line of 8 KiB holds any address of ours, and 100 headers are twice what browsers and proxies send.
    """

    keepalive_seconds: float = 75.0
    max_line_bytes: int = 8190
    max_header_bytes: int = 8190
    max_headers: int = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Edge:
    """What a connection needs to answer by itself."""

    observe: Observe
    make_context: Identifier
    jitter: Callable[[], float] = random.random
    now: Callable[[], float] = time.monotonic


class ProblemProtocol(web.RequestHandler):
    """aiohttp's connection, except that all it refuses leaves as problem details and is told as an event.

    aiohttp itself answers a malformed request, a failed expectation (417) and an exception that escapes every
    middleware in plain text, and logs a traceback of each.
    """

    __slots__ = ("_edge", "_last_answer")

    def __init__(self, server: web.Server, edge: Edge, **settings: Any) -> None:
        super().__init__(server, **settings)
        self._edge = edge
        self._last_answer = False

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
            too_long = isinstance(error, LineTooLong)
            return Malformed("A line of the request is too long." if too_long else "This is not an HTTP request.")
        if error is not None:
            self._edge.observe(exception_caught(error, context, route=UNMATCHED))
        return Elapsed() if status == HTTPStatus.GATEWAY_TIMEOUT else Bug()

    def _last(self, response: web.Response, context: RequestContext) -> web.Response:
        mark_answer(response.headers, context, now_seconds=self._edge.now())
        response.force_close()
        return response


class ProblemServer(web.Server):
    """Makes a ProblemProtocol of each connection."""

    def __init__(self, plain: web.Server, edge: Edge, *, policy: ConnectionPolicy) -> None:
        super().__init__(plain.request_handler, request_factory=plain.request_factory)
        self._edge = edge
        self._policy = policy

    def __call__(self) -> web.RequestHandler:
        """Make one.

        Packed bodies stay packed (`auto_decompress`): unpacking 194 KB of them stalls the loop for a second, even for
        an answer that never reads them. Nothing waits for the rest of a body nobody wants (`lingering_time`).
        """
        return ProblemProtocol(
            self,
            self._edge,
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

    async def _make_server(self) -> web.Server:
        return ProblemServer(await super()._make_server(), self._edge, policy=self._policy)
