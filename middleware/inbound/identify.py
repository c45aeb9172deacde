"""The outermost layer: gives a request its ids and its start, and marks every answer with them."""

import time
from collections.abc import Awaitable, Callable

from aiohttp import web
from multidict import CIMultiDict, istr

from middleware.inbound.exchange import Exchange
from middleware.inbound.security_headers import is_over_tls, secure
from telemetry import private_texts
from telemetry.context import CURRENT_REQUEST, Identifier, RequestContext

CONTEXT = web.RequestKey("context", RequestContext)

Identify = Callable[[Exchange], None]
"""Gives a request its context."""

REQUEST_ID = istr("X-Request-ID")
TRACEPARENT = istr("traceparent")
TRACESTATE = istr("tracestate")
SERVER_TIMING = istr("Server-Timing")

IDENTIFY = "identify"
HELD = "held"
"""The stage of Server-Timing in which a request waited, unread, for others to end."""


def identify(make_context: Identifier) -> Identify:
    """Give the request its context, for the layers (`request[CONTEXT]`) and for readers of events.

    It starts with the request's arrival, also where it was held before it could be read.
    """

    def begin(exchange: Exchange) -> None:
        headers = exchange._headers  # noqa: SLF001 - the property of it costs more than looking there
        waited_seconds = exchange.waited_seconds
        if TRACEPARENT in headers:
            states = headers.getall(TRACESTATE, ())
            given = headers.getall(TRACEPARENT)
            context = make_context(headers.get(REQUEST_ID), given, tracestates=states, waited_seconds=waited_seconds)
        else:
            context = make_context(headers.get(REQUEST_ID), waited_seconds=waited_seconds)
        if waited_seconds:
            context.stages.add(HELD, waited_seconds)
            context.recording.hold(HELD, since_seconds=context.started_seconds)
            context.recording.hold(IDENTIFY, since_seconds=context.started_seconds + waited_seconds)
        exchange.context = exchange._state[CONTEXT] = context  # noqa: SLF001 - as above
        CURRENT_REQUEST.set(context)
        private_texts.begin()

    return begin


def mark_answers(
    *, now: Callable[[], float] = time.monotonic
) -> Callable[[web.Request, web.StreamResponse], Awaitable[None]]:
    """Make an `on_response_prepare` receiver; streamed answers, which no layer can still change, pass it too."""

    async def mark(request: web.Request, response: web.StreamResponse) -> None:
        context = request.get(CONTEXT)
        if context is not None:
            mark_answer(response.headers, context, now_seconds=now(), over_tls=is_over_tls(request.transport))

    return mark


def mark_answer(
    headers: CIMultiDict[str], context: RequestContext, *, now_seconds: float, over_tls: bool = False
) -> None:
    """Write the request's ids, its timing and the security headers that hold for any answer."""
    headers[REQUEST_ID] = context.request_id
    headers[TRACEPARENT] = context.traceparent
    headers[SERVER_TIMING] = context.stages.header(now_seconds - context.started_seconds)
    secure(headers, over_tls=over_tls)
