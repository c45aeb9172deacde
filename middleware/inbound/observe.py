"""The layer that tells of every request: that it came, and how it ended."""

import asyncio
import time
from collections.abc import Callable
from http import HTTPStatus

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from middleware.inbound.endpoint import Endpoints, route_of
from middleware.inbound.identify import CONTEXT
from middleware.inbound.telling import TELLING, Telling
from telemetry.events import (
    METHODS,
    OTHER,
    ClientDisconnected,
    Observe,
    RequestCutOff,
    RequestStarted,
)

_STOPPED = 0


def observe_requests(
    endpoints: Endpoints, observe: Observe, *, telling: Telling = TELLING, now: Callable[[], float] = time.monotonic
) -> Middleware:
    """Tell RequestStarted, then how the request ended, whatever happens within.

    A handler goes on when its caller leaves (a write that has begun should end), so a request is only ever cancelled
    because the service stops.
    """

    @web.middleware
    async def layer(request: web.Request, handler: Handler) -> web.StreamResponse:
        method = request.method if request.method in METHODS else OTHER
        route = route_of(request, endpoints)
        observe(RequestStarted(method=method, route=route))
        status = HTTPStatus.INTERNAL_SERVER_ERROR.value
        try:
            response = await handler(request)
            status = response.status
        except asyncio.CancelledError:
            status = _STOPPED
            raise
        finally:
            duration_seconds = now() - request[CONTEXT].started_seconds
            if status != _STOPPED and request.transport is not None:
                observe(
                    telling.finished(request, place=(method, route), status=status, duration_seconds=duration_seconds)
                )
            else:
                observe(_unanswered(request, place=(method, route), status=status, duration_seconds=duration_seconds))
        return response

    return layer


def _unanswered(
    request: web.Request, *, place: tuple[str, str], status: int, duration_seconds: float
) -> ClientDisconnected | RequestCutOff:
    context = request[CONTEXT]
    method, route = place
    kind = RequestCutOff if status == _STOPPED else ClientDisconnected
    return kind(
        method=method,
        route=route,
        duration_seconds=duration_seconds,
        request_id=context.request_id,
        trace_id=context.trace_id,
    )
