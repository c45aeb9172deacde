"""The reader that turns events into Prometheus metrics, and the one file that knows prometheus-client."""

import platform
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Protocol, TypeVar, assert_never, get_args

from prometheus_client import CollectorRegistry, Counter, Gauge, GCCollector, Histogram, ProcessCollector
from prometheus_client.exposition import generate_latest as generate_classic
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric as Family
from prometheus_client.openmetrics.exposition import generate_latest as generate_openmetrics
from prometheus_client.registry import Collector

from telemetry import VERSION, catalogue
from telemetry import events as e
from telemetry.catalogue import Metric
from telemetry.readings import Look, Reading

MAX_LABEL_SETS = 2_000
"""Label sets a metric may have. Fifty resources of six actions and six statuses have 1,800; more is a mistake."""

_ChildT_co = TypeVar("_ChildT_co", covariant=True)
_MemberT = TypeVar("_MemberT")
_DATABASES: dict[str, str] = {"postgres": "postgresql", "redis": "redis"}
"""A dependency's name in OpenTelemetry's `db.system.name`."""


class _Labelled(Protocol[_ChildT_co]):
    """A metric with labels: gives the child that has these label values."""

    def labels(self, *values: object) -> _ChildT_co: ...


class _Kept(dict[tuple[str | int, ...], _MemberT]):
    """A metric's children by label values: made at first use, then one dict lookup; past the limit all share one."""

    def __init__(
        self, metric: _Labelled[_MemberT], *, labels: int, limit: int, on_overflow: Callable[[], None]
    ) -> None:
        super().__init__()
        self._metric = metric
        self._limit = limit
        self._on_overflow = on_overflow
        self._overflow_values = (e.OTHER,) * labels

    def have(self, *values: str) -> None:
        """Make the child of a closed set of label values, which counts towards no limit."""
        self[values] = self._metric.labels(*values)

    def __missing__(self, values: tuple[str | int, ...]) -> _MemberT:
        if len(self) >= self._limit:
            self._on_overflow()
            return self._metric.labels(*self._overflow_values)
        child = self[values] = self._metric.labels(*values)
        return child


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """What there will be to measure: pools, classes of work (`postgres.reads`), upstreams."""

    pools: Sequence[str] = ()
    targets: Sequence[str] = ()
    upstreams: Sequence[e.Dependency] = ()


NAMES = Names()
"""None."""


class Metrics:
    """Reads events into a registry of its own and renders it for a scrape.

    Error series exist from the start, those of `names` too: a first sample is invisible to `rate()`.
    """

    def __init__(
        self,
        *,
        service: str,
        version: str,
        names: Names = NAMES,
        max_label_sets: int = MAX_LABEL_SETS,
    ) -> None:
        self._registry = CollectorRegistry()
        self._looks = _Looks()
        self._max_label_sets = max_label_sets
        self._overflow = self._counter(catalogue.LABEL_OVERFLOW)
        self._bind_http()
        self._lag = self._histogram(catalogue.EVENT_LOOP_LAG)
        self._bind_dependencies(names)
        self._bind_layers(names.targets)
        self._bind_cache()
        build = Gauge(
            catalogue.APP_BUILD_INFO.name,
            catalogue.APP_BUILD_INFO.help,
            catalogue.APP_BUILD_INFO.labels,
            registry=self._registry,
        )
        build.labels(service, version, VERSION, platform.python_version()).set(1)
        ProcessCollector(registry=self._registry)
        GCCollector(registry=self._registry)
        self._registry.register(self._looks)

    def look_at(self, look: Look) -> None:
        """Call `look` at every scrape and show what it sees; a look that fails shows nothing that time."""
        self._looks.all.append(look)

    def expect_caches(self, names: Iterable[str]) -> None:
        """Have the series of these caches from the start."""
        for name in names:
            for result in get_args(e.CacheResult):
                self._cache_reads[name, result].inc(0)

    def classic(self) -> bytes:
        """Everything, in Prometheus' text format 0.0.4."""
        return generate_classic(_WithoutCreated(self._registry))

    def openmetrics(self) -> bytes:
        """Everything, in OpenMetrics 1.0.0."""
        text: bytes = generate_openmetrics(_WithoutCreated(self._registry))  # type: ignore[no-untyped-call]  # it has no annotations
        return text

    def __call__(self, event: e.Event) -> None:  # noqa: C901, PLR0912, PLR0915 - one case an event
        """Count or measure what the event tells."""
        match event:
            case e.RequestStarted():
                self._active.inc()
            case e.RequestFinished():
                self._active.dec()
                self._requests[event.method, event.route, event.status].observe(event.duration_seconds)
            case e.AccessDecided() | e.Authenticated() | e.RateLimitDecided() | e.IdempotencyDecided():
                self._caller_decided(event)
            case e.AuthenticationFailed() | e.KeySetFetched() | e.AccountActed():
                self._identity_told(event)
            case e.CacheRead() | e.CacheInvalidated():
                self._cache_told(event)
            case e.DependencyCalled():
                self._dependency_called(event)
            case e.ConnectionAcquired() | e.ConnectionReleased() | e.ConnectionOpened() | e.AcquireTimedOut():
                self._pool_told(event)
            case e.ClientDisconnected():
                self._active.dec()
                self._disconnects.inc()
            case e.RequestCutOff():
                self._active.dec()
            case e.RequestMalformed():
                self._rejected["malformed",].inc()
            case e.RequestRejected():
                self._rejected[event.reason,].inc()
            case e.EventLoopLagged():
                self._lag.observe(event.lag_seconds)
            case e.ExceptionCaught():
                self._exceptions.inc()
            case e.Retried():
                self._retries[event.target, event.outcome].inc()
            case e.BulkheadRejected():
                self._rejections[event.name,].inc()
            case e.CertificateChanged():
                self._renewals["error" if event.fault else "ok",].inc()
            case e.BreakerChanged() | e.ConnectionDropped() | e.EmbeddedStarted() | e.EmbeddedExited():
                pass
            case e.SheddingChanged() | e.ServiceStarted() | e.ServiceStopped() | e.LogLinesLost() | e.LogLevelChanged():
                pass
            case e.SchemaApplied() | e.SettingUnknown() | e.SecretExposed() | e.ServedAsSuperuser() | e.LibraryLogged():
                pass
            case _:
                assert_never(event)

    def _caller_decided(
        self, event: e.AccessDecided | e.Authenticated | e.RateLimitDecided | e.IdempotencyDecided
    ) -> None:
        match event:
            case e.AccessDecided():
                self._access[event.decision,].inc()
            case e.Authenticated():
                self._authentications[event.method, "ok"].inc()
            case e.RateLimitDecided():
                self._decisions[event.decision,].inc()
                if event.decision.startswith("limited"):
                    self._rejected["rate_limited",].inc()
            case e.IdempotencyDecided():
                self._idempotent[event.outcome,].inc()

    def _identity_told(self, event: e.AuthenticationFailed | e.KeySetFetched | e.AccountActed) -> None:
        match event:
            case e.AuthenticationFailed():
                self._authentications[event.method, event.outcome].inc()
            case e.KeySetFetched():
                self._key_sets[event.outcome,].inc()
            case e.AccountActed():
                self._accounts[event.operation, event.outcome].inc()

    def _cache_told(self, event: e.CacheEvent) -> None:
        if isinstance(event, e.CacheRead):
            self._cache_reads[event.cache, event.result].inc()
        else:
            self._invalidations[event.outcome,].inc()

    def _pool_told(
        self, event: e.ConnectionAcquired | e.ConnectionReleased | e.ConnectionOpened | e.AcquireTimedOut
    ) -> None:
        match event:
            case e.ConnectionAcquired():
                self._wait[event.pool,].observe(event.wait_seconds)
            case e.ConnectionReleased():
                self._use[event.pool,].observe(event.use_seconds)
            case e.ConnectionOpened():
                self._create[event.pool,].observe(event.duration_seconds)
            case e.AcquireTimedOut():
                self._timeouts[event.pool,].inc()

    def _dependency_called(self, event: e.DependencyCalled) -> None:
        seconds = event.duration_seconds
        self._calls[event.dependency, event.operation, event.outcome].observe(seconds)
        database = _DATABASES.get(event.dependency)
        if database is not None:
            self._operations[database, event.operation, event.error_type].observe(seconds)

    def _bind_http(self) -> None:
        self._active = Gauge(
            catalogue.HTTP_ACTIVE_REQUESTS.name, catalogue.HTTP_ACTIVE_REQUESTS.help, registry=self._registry
        )
        self._requests = self._histograms(catalogue.HTTP_REQUEST_DURATION)
        self._rejected = self._counters(catalogue.HTTP_REQUESTS_REJECTED)
        for reason in ("malformed", "rate_limited", *get_args(e.RejectReason)):
            self._rejected[reason,].inc(0)
        self._decisions = self._counters(catalogue.RATE_LIMIT_DECISIONS)
        for decision in get_args(e.RateLimitDecision):
            self._decisions[decision,].inc(0)
        self._bind_identity()
        self._renewals = self._counters(catalogue.TLS_CERTIFICATE_RENEWALS)
        for outcome in ("ok", "error"):
            self._renewals[outcome,].inc(0)
        self._idempotent = self._counters(catalogue.IDEMPOTENCY_REQUESTS)
        for outcome in get_args(e.IdempotencyOutcome):
            self._idempotent[outcome,].inc(0)
        self._disconnects = self._counter(catalogue.HTTP_CLIENT_DISCONNECTS)
        self._exceptions = self._counter(catalogue.APP_EXCEPTIONS)

    def _bind_identity(self) -> None:
        self._authentications = self._counters(catalogue.AUTHENTICATION_ATTEMPTS)
        for method, outcome in product(get_args(e.CredentialMethod), ("ok", *get_args(e.AuthenticationFailure))):
            self._authentications.have(method, outcome)
        self._key_sets = self._counters(catalogue.KEY_SET_FETCHES)
        for outcome in ("ok", "error"):
            self._key_sets.have(outcome)
        self._accounts = self._counters(catalogue.ACCOUNT_OPERATIONS)
        for done in product(get_args(e.AccountOperation), get_args(e.AccountOutcome)):
            self._accounts.have(*done)
        self._access = self._counters(catalogue.AUTHORIZATION_DECISIONS)
        for decision in get_args(e.AccessDecision):
            self._access.have(decision)

    def _bind_dependencies(self, names: Names) -> None:
        self._operations = self._histograms(catalogue.DB_OPERATION_DURATION)
        self._calls = self._histograms(catalogue.DEPENDENCY_CALL_DURATION)
        self._wait = self._histograms(catalogue.DB_CONNECTION_WAIT)
        self._use = self._histograms(catalogue.DB_CONNECTION_USE)
        self._create = self._histograms(catalogue.DB_CONNECTION_CREATE)
        self._timeouts = self._counters(catalogue.DB_CONNECTION_TIMEOUTS)
        for pool in names.pools:
            self._timeouts[pool,].inc(0)
        for call in product(names.upstreams, get_args(e.UpstreamOperation), get_args(e.Outcome)):
            self._calls.have(*call)

    def _bind_layers(self, targets: Sequence[str]) -> None:
        self._retries = self._counters(catalogue.RETRIES)
        self._rejections = self._counters(catalogue.BULKHEAD_REJECTIONS)
        for target in targets:
            self._rejections[target,].inc(0)
            for outcome in get_args(e.RetryOutcome):
                self._retries[target, outcome].inc(0)

    def _bind_cache(self) -> None:
        self._cache_reads = self._counters(catalogue.CACHE_REQUESTS)
        self._invalidations = self._counters(catalogue.CACHE_INVALIDATIONS)
        for outcome in get_args(e.InvalidationOutcome):
            self._invalidations[outcome,].inc(0)

    def _counter(self, metric: Metric) -> Counter:
        return Counter(metric.name, metric.help, registry=self._registry)

    def _counters(self, metric: Metric) -> _Kept[Counter]:
        return self._kept(Counter(metric.name, metric.help, metric.labels, registry=self._registry), metric)

    def _histograms(self, metric: Metric) -> _Kept[Histogram]:
        return self._kept(self._histogram(metric), metric)

    def _histogram(self, metric: Metric) -> Histogram:
        return Histogram(metric.name, metric.help, metric.labels, buckets=metric.buckets, registry=self._registry)

    def _kept(self, parent: _Labelled[_MemberT], metric: Metric) -> _Kept[_MemberT]:
        return _Kept(parent, labels=len(metric.labels), limit=self._max_label_sets, on_overflow=self._overflow.inc)


class _Looks(Collector):
    """Collects what is looked at when somebody scrapes."""

    def __init__(self) -> None:
        self.all: list[Look] = []

    def describe(self) -> Iterable[Family]:
        """Nothing known beforehand; without this, registering would collect."""
        return ()

    def collect(self) -> Iterator[Family]:
        """One family for each metric somebody gave readings of."""
        families: dict[str, GaugeMetricFamily | CounterMetricFamily] = {}
        for look in self.all:
            for reading in _tried(look):
                _family(families, reading.metric).add_metric(reading.labels, reading.value)
        return iter(families.values())


def _tried(look: Look) -> Sequence[Reading]:
    try:
        return tuple(look())
    except Exception:  # noqa: BLE001 - one look that fails must not hide what the others see
        return ()


def _family(
    families: dict[str, GaugeMetricFamily | CounterMetricFamily], metric: Metric
) -> GaugeMetricFamily | CounterMetricFamily:
    if metric.name not in families:
        kind = CounterMetricFamily if metric.kind == "counter" else GaugeMetricFamily
        families[metric.name] = kind(metric.name, metric.help, labels=metric.labels)
    return families[metric.name]


class _WithoutCreated(Collector):
    """A registry without its `_created` samples, which double the series of every counter and tell nobody anything."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._registry = registry

    def collect(self) -> Iterator[Family]:
        """Every family, less those samples."""
        for family in self._registry.collect():
            created = family.name + "_created"
            family.samples = [sample for sample in family.samples if sample.name != created]
            yield family
