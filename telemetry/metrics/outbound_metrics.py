"""What calls to dependencies, and the layers they pass, do to the metrics."""

from collections.abc import Sequence
from itertools import product
from typing import assert_never, get_args

from telemetry import events as e
from telemetry.catalogue import outbound_rows as rows
from telemetry.database_names import SYSTEM_NAMES
from telemetry.metrics.families import Families


class OutboundMetrics:
    """Counts and measures calls; those of `upstreams` have their series from the start."""

    def __init__(self, families: Families, upstreams: Sequence[e.Dependency]) -> None:
        self._operations = families.histograms(rows.DB_OPERATION_DURATION)
        self._calls = families.histograms(rows.DEPENDENCY_CALL_DURATION)
        for call in product(upstreams, get_args(e.UpstreamOperation), get_args(e.Outcome)):
            self._calls.have(*call)
        self._wait = families.histograms(rows.DB_CONNECTION_WAIT)
        self._use = families.histograms(rows.DB_CONNECTION_USE)
        self._create = families.histograms(rows.DB_CONNECTION_CREATE)
        self._timeouts = families.counters(rows.DB_CONNECTION_TIMEOUTS)
        self._retries = families.counters(rows.RETRIES)
        self._rejections = families.counters(rows.BULKHEAD_REJECTIONS)

    def __call__(self, event: e.OutboundEvent) -> None:
        """Count or measure what the event tells."""
        match event:
            case e.DependencyCalled():
                self._called(event)
            case e.ConnectionAcquired():
                self._wait[event.pool,].observe(event.wait_seconds)
            case e.ConnectionReleased():
                self._use[event.pool,].observe(event.use_seconds)
            case e.ConnectionOpened():
                self._create[event.pool,].observe(event.duration_seconds)
            case e.AcquireTimedOut():
                self._timeouts[event.pool,].inc()
            case e.Retried():
                self._retries[event.target, event.outcome].inc()
            case e.BulkheadRejected():
                self._rejections[event.name,].inc()
            case e.BreakerChanged() | e.ConnectionDropped() | e.BulkheadWaited() | e.UpstreamAttempted():
                pass
            case _:
                assert_never(event)

    def _called(self, event: e.DependencyCalled) -> None:
        seconds = event.duration_seconds
        self._calls[event.dependency, event.operation, event.outcome].observe(seconds)
        database = SYSTEM_NAMES.get(event.dependency)
        if database is not None:
            self._operations[database, event.operation, event.error_type].observe(seconds)
