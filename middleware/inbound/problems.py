"""The layer in which every failure becomes an answer, and a bug becomes an event with its traceback."""

import random
import traceback
from collections.abc import Callable

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from middleware.errors import STATUS, Bug, Malformed, Problem
from middleware.inbound.endpoint import Endpoints, route_of
from middleware.inbound.identify import CONTEXT
from middleware.inbound.problem_document import problem_response, refusal_response
from telemetry.context import RequestContext
from telemetry.events import ExceptionCaught, Observe

_MAX_TRACEBACK_CHARACTERS = 16_000
_FIRST_ERROR = 400


def render_problems(
    endpoints: Endpoints, observe: Observe, *, jitter: Callable[[], float] = random.random
) -> Middleware:
    """Answer whatever is raised with problem details; a caller never sees what a bug was."""

    @web.middleware
    async def layer(request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            return await handler(request)
        except web.HTTPException as refusal:
            if refusal.status < _FIRST_ERROR:
                return _as_answer(refusal)
            return refusal_response(refusal, request[CONTEXT], jitter())
        except Exception as error:  # noqa: BLE001 - this is where everything becomes an answer
            problem = _problem(error, request)
            if isinstance(problem, Bug):
                observe(exception_caught(error, route_of(request, endpoints), request[CONTEXT]))
            return problem_response(problem, request[CONTEXT], jitter())

    return layer


def _as_answer(redirection: web.HTTPException) -> web.Response:
    """A redirection is no failure; raised, it would look like one to the layers outside."""
    return web.Response(status=redirection.status, headers=redirection.headers, body=redirection.body)


def exception_caught(error: BaseException, route: str, context: RequestContext) -> ExceptionCaught:
    """Tell of a bug; of a long traceback only the end, where the cause is."""
    return ExceptionCaught(
        error_type=type(error).__qualname__,
        traceback="".join(traceback.format_exception(error))[-_MAX_TRACEBACK_CHARACTERS:],
        route=route,
        request_id=context.request_id,
        trace_id=context.trace_id,
    )


def _problem(error: Exception, request: web.Request) -> Problem:
    """What a caller is told: a problem of the taxonomy as it is, a body that broke off, or a bug."""
    if isinstance(error, Problem) and error.kind in STATUS:
        return error
    if isinstance(error, web.RequestPayloadError) or (isinstance(error, ConnectionError) and request.transport is None):
        return Malformed("The body ended before it was complete.")
    return Bug()
