"""What calls to dependencies, and the layers they pass, do to the metrics."""

from collections.abc import Sequence
from itertools import product
from typing import assert_never, get_args

from telemetry import events as e
from telemetry.catalogue import outbound_rows as rows
from telemetry.database_names import SYSTEM_NAMES
from telemetry.metrics.examples import Examples
from telemetry.metrics.families import Families
from telemetry.observers import Read, reading


class OutboundMetrics:
    """Counts and measures calls; those of `upstreams` have their series from the start."""

    def __init__(self, families: Families, examples: Examples, *, upstreams: Sequence[e.Dependency]) -> None:
        self._examples = examples
        self._operations = families.histograms(rows.DB_OPERATION_DURATION)
        self._calls = families.histograms(rows.DEPENDENCY_CALL_DURATION)
        for call in product(upstreams, get_args(e.UpstreamOperation), get_args(e.Outcome)):
            self._calls.have(*call)
        self._wait = families.histograms(rows.DB_CONNECTION_WAIT)
        self._use = families.histograms(rows.DB_CONNECTION_USE)
        self._create = families.histograms(rows.DB_CONNECTION_CREATE)
        self._timeouts = families.counters(rows.DB_CONNECTION_TIMEOUTS)
        self._retries = families.counters(rows.RETRIES)
        self._replica_reads = families.counters(rows.POSTGRES_REPLICA_READS)
        self._rejections = families.counters(rows.BULKHEAD_REJECTIONS)

    def reader_of(self, event: e.OutboundEvent) -> Read | None:  # noqa: PLR0911 - one case an event
        """Who counts or measures what such an event tells."""
        match event:
            case e.DependencyCalled():
                return reading(event, self._called)
            case e.ConnectionAcquired():
                return reading(event, lambda told: self._wait[told.pool,].observe(told.wait_seconds))
            case e.ConnectionReleased():
                return reading(event, lambda told: self._use[told.pool,].observe(told.use_seconds))
            case e.ConnectionOpened():
                return reading(event, lambda told: self._create[told.pool,].observe(told.duration_seconds))
            case e.AcquireTimedOut():
                return reading(event, lambda told: self._timeouts[told.pool,].inc())
            case e.Retried():
                return reading(event, lambda told: self._retries[told.target, told.outcome].inc())
            case e.ReplicaRead():
                return reading(event, lambda told: self._replica_reads[told.result,].inc())
            case e.BulkheadRejected():
                return reading(event, lambda told: self._rejections[told.name,].inc())
            case e.BreakerChanged() | e.ConnectionDropped() | e.BulkheadWaited() | e.UpstreamAttempted():
                return None
            case _:
                assert_never(event)

    def _called(self, event: e.DependencyCalled) -> None:
        seconds = event.duration_seconds
        calls = self._calls[event.dependency, event.operation, event.outcome]
        self._examples.observe(calls, seconds, has_failed=event.outcome != "ok")
        database = SYSTEM_NAMES.get(event.dependency)
        if database is not None:
            operations = self._operations[database, event.operation, event.error_type]
            self._examples.observe(operations, seconds, has_failed=event.outcome != "ok")
