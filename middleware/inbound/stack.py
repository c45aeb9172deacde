"""The layers of an application, and what of them the requests to each of its routes pass."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from aiohttp import web

from middleware.inbound.answer_bytes import AnswerBytes
from middleware.inbound.endpoint import Endpoints
from middleware.inbound.identify import Identify
from middleware.inbound.observe import RequestTeller
from middleware.inbound.problems import ProblemRenderer
from middleware.inbound.request_plan import Around, Layer, Plan, place_of
from telemetry.events import METHODS, OTHER

Mark = Callable[[web.Request, web.StreamResponse], Awaitable[None]]
"""Writes headers that every answer has; a receiver of aiohttp's `on_response_prepare`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stack:
    """Who gives a request its context, who tells of it, who answers for its problems; and all the other layers.

    `checks` are called before the handler, in their order; those `around` stand around it. Without a teller nothing is
    told of requests. `endpoints` may be filled until the application is served. `marks` write the headers that all
    answers have, `bytes_of` does the same to ordinary ones.
    """

    endpoints: Endpoints
    identify: Identify
    teller: RequestTeller | None
    problems: ProblemRenderer
    checks: tuple[Layer, ...]
    around: tuple[Around, ...] = ()
    marks: tuple[Mark, ...]
    bytes_of: AnswerBytes

    def install(self, app: web.Application) -> web.Application:
        """Have all requests to the application pass this; it is then served by a ProblemRunner."""
        app[STACK] = self
        app.on_response_prepare.extend(self.marks)
        return app

    def plan(self, route: web.AbstractRoute, method: str) -> Plan:
        """What requests with this method pass on their way to the route's handler."""
        endpoint = self.endpoints.get(route.handler)
        place = place_of(method, endpoint)
        handle = route.handler
        for layer in reversed(self.around):
            handle = layer(place, handle)
        checks = (layer(place) for layer in self.checks)
        return Plan(
            place=place,
            tell_started=_nothing if self.teller is None else self.teller.starting(place),
            checks=tuple(check for check in checks if check is not None),
            handle=None if endpoint is None else handle,
        )


def _nothing() -> None:
    """Nobody wants to know."""


STACK = web.AppKey("stack", Stack)
"""What the requests to an application pass."""


class Plans:
    """The plan for each route, made once."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self._plans: dict[tuple[object, str], Plan] = {}

    def of(self, route: web.AbstractRoute, method: str) -> Plan:
        """The plan; all routes without an endpoint have one for each method."""
        known = method if method in METHODS else OTHER
        key = (route.handler if route.handler in self._stack.endpoints else None, known)
        if key not in self._plans:
            self._plans[key] = self._stack.plan(route, known)
        return self._plans[key]
