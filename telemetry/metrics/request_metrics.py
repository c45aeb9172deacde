"""What requests and reads through the cache do to the metrics."""

from typing import assert_never

from telemetry import events as e
from telemetry.catalogue import request_rows as rows
from telemetry.metrics.families import Families


class RequestMetrics:
    """Counts and measures what happens to requests."""

    def __init__(self, families: Families) -> None:
        self._active = families.gauge(rows.HTTP_ACTIVE_REQUESTS)
        self._requests = families.histograms(rows.HTTP_REQUEST_DURATION)
        self.rejected = families.counters(rows.HTTP_REQUESTS_REJECTED)
        self._disconnects = families.counter(rows.HTTP_CLIENT_DISCONNECTS)
        self._exceptions = families.counter(rows.APP_EXCEPTIONS)

    def __call__(self, event: e.RequestEvent) -> None:
        """Count or measure what the event tells."""
        match event:
            case e.RequestStarted():
                self._active.inc()
            case e.RequestFinished():
                self._active.dec()
                self._requests[event.method, event.route, event.status].observe(event.duration_seconds)
            case e.ClientDisconnected():
                self._active.dec()
                self._disconnects.inc()
            case e.RequestCutOff():
                self._active.dec()
            case e.RequestMalformed():
                self.rejected["malformed",].inc()
            case e.RequestRejected():
                self.rejected[event.reason,].inc()
            case e.ExceptionCaught():
                self._exceptions.inc()
            case e.SheddingChanged():
                pass
            case _:
                assert_never(event)


class CacheMetrics:
    """Counts reads through the cache, and what makes it forget."""

    def __init__(self, families: Families) -> None:
        self._reads = families.counters(rows.CACHE_REQUESTS)
        self._invalidations = families.counters(rows.CACHE_INVALIDATIONS)

    def __call__(self, event: e.CacheEvent) -> None:
        """Count what the event tells."""
        match event:
            case e.CacheRead():
                self._reads[event.cache, event.result].inc()
            case e.CacheInvalidated():
                self._invalidations[event.outcome,].inc()
            case _:
                assert_never(event)
