"""The layer in which every failure becomes an answer, and a bug becomes an event with its traceback."""

import random
from collections.abc import Callable

from aiohttp import hdrs, web

from middleware.errors import STATUS, Bug, Malformed, Problem
from middleware.inbound.bugs import Bugs
from middleware.inbound.exchange import Exchange
from middleware.inbound.idempotency import REQUEST_KEY
from middleware.inbound.identify import CONTEXT
from middleware.inbound.problem_document import problem_of_refusal, problem_response, refusal_response
from middleware.inbound.request_plan import Place
from middleware.inbound.telling import FAILURE
from telemetry.events import Observe

_FIRST_ERROR = 400
_DONE_AGAIN = frozenset({hdrs.METH_POST, hdrs.METH_PATCH})


class ProblemRenderer:
    """Answers whatever is raised with problem details; a caller never sees what a bug was."""

    def __init__(
        self, observe: Observe, *, bugs: Bugs | None = None, jitter: Callable[[], float] = random.random
    ) -> None:
        self._observe = observe
        self._tell = Bugs() if bugs is None else bugs
        self._jitter = jitter

    def answer(self, error: Exception, request: Exchange, *, place: Place) -> web.Response:
        """The answer to a request in which this was raised."""
        if isinstance(error, web.HTTPException):
            return _refusal(error, request, jitter=self._jitter())
        problem = request[FAILURE] = _problem(error, request)
        if isinstance(problem, Bug):
            told = self._tell(error, request[CONTEXT], place=(place.method, place.route), request=request)
            self._observe(told)
        is_repeatable = _is_repeatable(request)
        return problem_response(problem, request[CONTEXT], jitter=self._jitter(), is_repeatable=is_repeatable)


def _is_repeatable(request: web.Request) -> bool:
    """Whether the request does no more when it comes again: by its method (RFC 9110, 9.2.2), or as its key is known."""
    return request.method not in _DONE_AGAIN or REQUEST_KEY in request


def _refusal(raised: web.HTTPException, request: web.Request, *, jitter: float) -> web.Response:
    """What a plain handler or the router raised: a redirection is no failure and stays as it is."""
    if raised.status < _FIRST_ERROR:
        return web.Response(status=raised.status, headers=raised.headers, body=raised.body)
    problem = problem_of_refusal(raised)
    if problem is not None:
        request[FAILURE] = problem
    return refusal_response(raised, request[CONTEXT], jitter=jitter)


def _problem(error: Exception, request: web.Request) -> Problem:
    """What a caller is told: a problem of the taxonomy as it is, a body that broke off, or a bug."""
    if isinstance(error, Problem) and error.kind in STATUS:
        return error
    if isinstance(error, web.RequestPayloadError) or (isinstance(error, ConnectionError) and request.transport is None):
        return Malformed("The body ended before it was complete.")
    return Bug()
