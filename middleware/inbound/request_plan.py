"""The shape of a layer: asked once for each route what it does there, and then called for each request to it.

A request passes no chain of coroutines, in which each layer awaits the next, but a row of plain calls, as nearly every
layer only looks at a request before its handler does. A coroutine and its frame cost 1 to 3 µs for each layer and
request; a call costs 0.1, and a layer that has nothing to do for a route is not called there at all.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from aiohttp import web
from aiohttp.typedefs import Handler

from middleware.inbound.endpoint import Endpoint
from middleware.inbound.exchange import Exchange
from telemetry.events import METHODS, OTHER, UNMATCHED

Check = Callable[[Exchange], Awaitable[None] | web.StreamResponse | None]
"""Looks at a request: raises where it is refused, and gives what is to be awaited, an answer, or nothing."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Place:
    """Where a request leads: its method and route as events name them, and what the layers must know of it.

    There is one for each method and route, which is what it is told from others by.
    Without an endpoint it is an unknown address, or a method that is not offered there.
    """

    method: str
    route: str
    endpoint: Endpoint | None


Layer = Callable[[Place], Check | None]
"""Tells what it does with the requests to a place; None for nothing."""

Around = Callable[[Place, Handler], Handler]
"""What goes on after the handler as well: the handler with it around."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """All that a request to a place passes, put together once; `handle` is what aiohttp finds where it is None.

    `tell_started` says that a request has come.
    """

    place: Place
    tell_started: Callable[[], object]
    checks: tuple[Check, ...]
    handle: Handler | None


def place_of(method: str, endpoint: Endpoint | None) -> Place:
    """Where requests with this method to this endpoint lead."""
    return Place(
        method=method if method in METHODS else OTHER,
        route=UNMATCHED if endpoint is None else endpoint.template,
        endpoint=endpoint,
    )
