"""The layer that ends a request whose time is up: 504, whatever its handler waits for."""

import asyncio
import re
import time
from collections.abc import Callable
from typing import Any

from aiohttp import web
from multidict import istr

from middleware.deadlines import DEADLINE
from middleware.errors import Fault, Malformed
from middleware.inbound.deadline_timer import Deadline
from middleware.inbound.exchange import Exchange
from middleware.inbound.request_plan import Check, Layer, Place
from middleware.sweeper import CallLater

REQUEST_TIMEOUT = istr("Request-Timeout")

REQUEST_SECONDS = 15.0
"""How long a request may take unless it says otherwise: under the 20 to 60 s after which browsers, proxies and load
balancers give up, so that it is we who say what happened; and far above any answer that is any good."""

CALLERS_TIME = web.RequestKey("callers_time", bool)
"""There where the caller allows a request less time than we do."""

_SECONDS = re.compile(r"\d{1,6}(\.\d{1,6})?", re.ASCII)


def limit_time(*, request_seconds: float, call_later: CallLater, now: Callable[[], float] = time.monotonic) -> Layer:
    """Cancel a request past its deadline and raise Elapsed instead; raises Malformed for a limit nobody can read.

    The deadline is the request's start plus the smallest of the endpoint's own limit (`request_seconds` where it has
    none) and what the caller asks for in `Request-Timeout`; the outbound layers learn it from DEADLINE, and see a write
    that has begun through to its end. A cancellation from elsewhere stays one.
    """

    def deadlines(instant: float, task: "asyncio.Task[Any]") -> Deadline:
        return Deadline(instant - now(), task, call_later=call_later)

    def layer(place: Place) -> Check:
        endpoint = place.endpoint
        ours = request_seconds if endpoint is None or endpoint.limit_seconds is None else endpoint.limit_seconds

        def check(exchange: Exchange) -> None:
            seconds = ours
            if REQUEST_TIMEOUT in exchange._headers:  # noqa: SLF001 - the property of it costs more than looking there
                asked = asked_seconds(exchange, otherwise=ours)
                if asked < ours:
                    exchange[CALLERS_TIME] = True
                    seconds = asked
            instant = exchange.context.started_seconds + seconds
            DEADLINE.set(instant)  # the request has a context of its own: nothing needs to be put back
            exchange.due_seconds, exchange.deadlines = instant, deadlines

        return check

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
