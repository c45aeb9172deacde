"""The layer that tells of every request: that it came, and how it ended."""

import asyncio
import time
from collections.abc import Callable
from http import HTTPStatus

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from middleware.inbound.deadline import CALLERS_TIME
from middleware.inbound.endpoint import Endpoints, route_of
from middleware.inbound.identify import CONTEXT
from middleware.inbound.principal import PRINCIPAL
from telemetry.events import (
    METHODS,
    OTHER,
    ClientDisconnected,
    Observe,
    RequestCutOff,
    RequestFinished,
    RequestStarted,
)

_STOPPED = 0


def observe_requests(
    endpoints: Endpoints, observe: Observe, *, now: Callable[[], float] = time.monotonic
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
            observe(_ending(request, method=method, route=route, status=status, now_seconds=now()))
        return response

    return layer


def _ending(
    request: web.Request, *, method: str, route: str, status: int, now_seconds: float
) -> RequestFinished | ClientDisconnected | RequestCutOff:
    context = request[CONTEXT]
    duration_seconds = now_seconds - context.started_seconds
    if status != _STOPPED and request.transport is not None:
        return RequestFinished(
            method=method,
            route=route,
            status=status,
            duration_seconds=duration_seconds,
            request_id=context.request_id,
            trace_id=context.trace_id,
            credential_id=_credential_id(request),
            callers_time=request.get(CALLERS_TIME, False),
        )
    unanswered = RequestCutOff if status == _STOPPED else ClientDisconnected
    return unanswered(
        method=method,
        route=route,
        duration_seconds=duration_seconds,
        request_id=context.request_id,
        trace_id=context.trace_id,
    )


def _credential_id(request: web.Request) -> str:
    principal = request.get(PRINCIPAL)
    return "" if principal is None else principal.credential_id
