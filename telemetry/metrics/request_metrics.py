"""What requests and reads through the cache do to the metrics."""

from collections.abc import Callable, Iterable
from http import HTTPStatus
from itertools import product
from typing import assert_never

from telemetry import events as e
from telemetry.catalogue import request_rows as rows
from telemetry.context import CURRENT_REQUEST, RequestContext
from telemetry.metrics.examples import Examples
from telemetry.metrics.families import Families
from telemetry.metrics.series import Counter
from telemetry.observers import Read, reading

_FIRST_SERVER_ERROR = 500
SERVER_ERRORS = (HTTPStatus.INTERNAL_SERVER_ERROR, HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.GATEWAY_TIMEOUT)
"""What a declared address answers when it is our fault: a bug, a dependency that is away, one that is too slow."""

OF_UPSTREAMS = HTTPStatus.BAD_GATEWAY
"""... and what it answers when an upstream that it asks is at fault."""


class RequestMetrics:
    """Counts and measures what happens to requests."""

    def __init__(self, families: Families, examples: Examples) -> None:
        self._examples = examples
        self._active = families.gauge(rows.HTTP_ACTIVE_REQUESTS)
        self._requests = families.histograms(rows.HTTP_REQUEST_DURATION)
        self.rejected = families.counters(rows.HTTP_REQUESTS_REJECTED)
        self._disconnects = families.counter(rows.HTTP_CLIENT_DISCONNECTS)
        self._exceptions = families.counter(rows.APP_EXCEPTIONS)
        self.count_started = self._active.inc

    def expect(self, addresses: Iterable[tuple[str, str]], *, asking: Iterable[tuple[str, str]] = ()) -> None:
        """Have the series of server errors of these methods and routes from the start; `asking` ask upstreams.

        Otherwise the first error of each would be invisible: `rate()` sees a series grow, not begin. Good answers and
        the caller's errors need none, as nobody is woken by the first of them.
        """
        for (method, route), status in (*product(addresses, SERVER_ERRORS), *product(asking, (OF_UPSTREAMS,))):
            self._requests.have(method, route, status.value)

    def reader_of(self, event: e.RequestEvent) -> Read | None:  # noqa: PLR0911 - one case an event
        """Who counts or measures what such an event tells."""
        match event:
            case e.RequestStarted():
                return reading(event, lambda _: self.count_started())
            case e.RequestFinished():
                return reading(event, self._finished)
            case e.ClientDisconnected():
                return reading(event, self._left)
            case e.RequestCutOff():
                return reading(event, lambda _: self._active.dec())
            case e.RequestMalformed():
                return reading(event, lambda _: self.rejected["malformed",].inc())
            case e.RequestRejected():
                return reading(event, lambda told: self.rejected[told.reason,].inc())
            case e.ExceptionCaught():
                return reading(event, lambda _: self._exceptions.inc())
            case e.SheddingChanged():
                return None
            case _:
                assert_never(event)

    def glance_of(self, like: e.RequestFinished) -> Callable[[float, RequestContext | None], None]:
        """What measures those answered like this one."""
        active, requests, observe = self._active, self._requests, self._examples.observe_in
        labels, has_failed = (like.method, like.route, like.status), like.status >= _FIRST_SERVER_ERROR

        def glance(seconds: float, context: RequestContext | None) -> None:
            active.value -= 1.0
            observe(context, requests[labels], seconds=seconds, has_failed=has_failed)

        return glance

    def _finished(self, event: e.RequestFinished) -> None:
        self.glance_of(event)(event.duration_seconds, CURRENT_REQUEST.get())

    def _left(self, _event: e.ClientDisconnected) -> None:
        self._active.dec()
        self._disconnects.inc()


class CacheMetrics:
    """Counts reads through the cache, and what makes it forget."""

    def __init__(self, families: Families) -> None:
        self._reads = families.counters(rows.CACHE_REQUESTS)
        self._invalidations = families.counters(rows.CACHE_INVALIDATIONS)

    def counter_of(self, read: e.CacheRead) -> Counter:
        """What counts reads like this one."""
        return self._reads[read.cache, read.result]

    def reader_of(self, event: e.CacheEvent) -> Read | None:
        """Who counts or measures what such an event tells."""
        match event:
            case e.CacheRead():
                return reading(event, lambda told: self.counter_of(told).inc())
            case e.CacheInvalidated():
                return reading(event, lambda told: self._invalidations[told.outcome,].inc())
            case _:
                assert_never(event)
