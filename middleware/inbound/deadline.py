"""The layer that ends a request whose time is up: 504, whatever its handler waits for."""

import asyncio
import re
import time
from collections.abc import Awaitable, Callable

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware
from multidict import istr

from middleware.deadlines import DEADLINE
from middleware.errors import Elapsed, Fault, Malformed
from middleware.inbound.endpoint import Endpoints, endpoint_of
from middleware.inbound.identify import CONTEXT
from middleware.sweeper import CallLater

REQUEST_TIMEOUT = istr("Request-Timeout")

REQUEST_SECONDS = 15.0
"""How long a request may take unless it says otherwise: under the 20 to 60 s after which browsers, proxies and load
balancers give up, so that it is we who say what happened; and far above any answer that is any good."""

CALLERS_TIME = web.RequestKey("callers_time", bool)
"""There where the caller allows a request less time than we do."""

_SECONDS = re.compile(r"\d{1,6}(\.\d{1,6})?", re.ASCII)


def limit_time(
    endpoints: Endpoints,
    *,
    request_seconds: float,
    call_later: CallLater,
    now: Callable[[], float] = time.monotonic,
) -> Middleware:
    """Cancel a request past its deadline and raise Elapsed instead; raises Malformed for a limit nobody can read.

    The deadline is the request's start plus the smallest of the endpoint's own limit (`request_seconds` where it has
    none) and what the caller asks for in `Request-Timeout`; the outbound layers learn it from DEADLINE, and see a write
    that has begun through to its end. A cancellation from elsewhere stays one.
    """

    @web.middleware
    async def layer(request: web.Request, handler: Handler) -> web.StreamResponse:
        endpoint = endpoint_of(request, endpoints)
        ours = request_seconds if endpoint is None or endpoint.limit_seconds is None else endpoint.limit_seconds
        seconds = asked_seconds(request, otherwise=ours)
        if seconds < ours:
            request[CALLERS_TIME] = True
        else:
            seconds = ours
        deadline = request[CONTEXT].started_seconds + seconds
        DEADLINE.set(deadline)  # the request has a task, and so a context, of its own: nothing needs to be put back
        return await _within(deadline - now(), lambda: handler(request), call_later=call_later)

    return layer


def asked_seconds(request: web.Request, *, otherwise: float) -> float:
    """What the caller asks for; raises Malformed for anything but one number of seconds above 0."""
    given = request.headers.getall(REQUEST_TIMEOUT, ())
    if not given:
        return otherwise
    if len(given) > 1 or not _SECONDS.fullmatch(given[0]) or float(given[0]) == 0:
        detail = "this is one number of seconds above 0, as 2.5"
        raise Malformed(
            "The time allowed cannot be read.",
            faults=[Fault(code="bad_seconds", detail=detail, header=REQUEST_TIMEOUT)],
        )
    return float(given[0])


async def _within(
    seconds: float, answer: Callable[[], Awaitable[web.StreamResponse]], *, call_later: CallLater
) -> web.StreamResponse:
    task = asyncio.current_task()
    if task is None:
        raise RuntimeError("a request is answered inside a task")
    cancelled_before = task.cancelling()
    expired = False

    def expire() -> None:
        nonlocal expired
        expired = True
        task.cancel()

    timer = call_later(max(seconds, 0.0), expire)
    try:
        return await answer()
    except asyncio.CancelledError as error:
        if expired and task.cancelling() == cancelled_before + 1:
            raise Elapsed from error
        raise
    finally:
        timer.cancel()
        if expired:
            task.uncancel()
