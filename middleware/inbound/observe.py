"""The layer that tells of every request: that it came, and how it ended."""

import time
from collections.abc import Callable

from middleware.inbound.exchange import Exchange
from middleware.inbound.request_plan import Place
from middleware.inbound.telling import TELLING, Telling
from telemetry.events import ClientDisconnected, Observe, RequestCutOff, RequestFinished, RequestStarted
from telemetry.glances import Glance
from telemetry.observers import bound, glance_of

STOPPED = 0
"""Instead of a status, of a request that was cancelled: only as the service stops, as a handler goes on when its caller
leaves (a write that has begun should end)."""


class RequestTeller:
    """Tells RequestStarted, and of each that started once how it ended."""

    def __init__(
        self, observe: Observe, *, telling: Telling = TELLING, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._observe = observe
        self._telling = telling
        self._now = now
        self._glances: dict[tuple[Place, int], Glance] = {}

    def starting(self, place: Place) -> Callable[[], object]:
        """What tells of each request to a place that it has come."""
        return bound(self._observe, RequestStarted(method=place.method, route=place.route))

    def ended(self, exchange: Exchange, place: Place, *, status: int) -> None:
        """It has been answered with this status, or nobody waits for its answer any more."""
        duration_seconds = self._now() - exchange.context.started_seconds
        if status == STOPPED or exchange._protocol.transport is None:  # noqa: SLF001 - as its own `transport` has it
            self._observe(_unanswered(exchange, place, status=status, duration_seconds=duration_seconds))
            return
        glance = self._glances.get((place, status)) or self._glance_of(place, status)
        read = glance(duration_seconds, exchange.context)
        if read is not None:
            where = place.method, place.route
            read(self._telling.finished(exchange, place=where, status=status, duration_seconds=duration_seconds))

    def _glance_of(self, place: Place, status: int) -> Glance:
        """What looks at requests to a place that end so; made once, of few statuses and as many places as there are."""
        like = RequestFinished(
            method=place.method, route=place.route, status=status, duration_seconds=0.0, request_id="", trace_id=""
        )
        glance = self._glances[place, status] = glance_of(self._observe, like)
        return glance


def _unanswered(
    exchange: Exchange, place: Place, *, status: int, duration_seconds: float
) -> ClientDisconnected | RequestCutOff:
    context = exchange.context
    kind = RequestCutOff if status == STOPPED else ClientDisconnected
    return kind(
        method=place.method,
        route=place.route,
        duration_seconds=duration_seconds,
        request_id=context.request_id,
        trace_id=context.trace_id,
    )
