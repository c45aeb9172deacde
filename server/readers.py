"""Every reader of events there is, put together: metrics, logs, traces, the health of dependencies."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from aiohttp import web

from middleware.outbound.layer import Senses
from middleware.outbound.policy import PoolPolicy, RedisPolicy
from server.cached_tables import cached_resources
from server.declaration import Declaration
from server.level_switch import LevelSwitch
from server.log_level_routes import log_level_routes
from server.otlp_settings import headers_of
from server.own_routes import slis_served
from server.service import Service
from server.settings import Settings
from server.standard_error import STANDARD_ERROR, deployment_of, service_log
from server.trace_routes import trace_routes
from telemetry.context import Identifier
from telemetry.dependency_health import DependencyHealth
from telemetry.deployment import Deployment
from telemetry.error_reports import NOTHING_REPORTED, ErrorReports
from telemetry.events import DependencyCalled, Event, LogLinesLost, Observe
from telemetry.kept_traces import KeptTraces
from telemetry.log_sink import Sink
from telemetry.logs import Logs
from telemetry.metrics import Examples, Metrics, Names
from telemetry.observers import Observers, Only
from telemetry.readings import (
    LogCounts,
    breakers_look,
    dependencies_look,
    exports_look,
    logs_look,
    observers_look,
    reports_look,
    tasks_look,
)
from telemetry.recorder import Recorder
from telemetry.report_limits import ReportLimits
from telemetry.sli_counts import SliCounts
from telemetry.trace_export import NOTHING_EXPORTED, ExportPolicy, TraceExport

POOL = "postgres"


@dataclass(frozen=True, slots=True, kw_only=True)
class Telemetry:
    """The readers of events, where to tell them, and what the outbound layers of all dependencies share."""

    observe: Observe
    metrics: Metrics
    sink: Sink
    make_context: Identifier
    senses: Senses
    health: DependencyHealth = field(default_factory=DependencyHealth)
    admin_routes: Sequence[web.RouteDef] = ()
    """What readers offer on the admin port."""
    reports: ErrorReports | None = None
    export: TraceExport | None = None

    def close(self) -> None:
        """Send and write what still waits, for a while."""
        if self.reports is not None:
            self.reports.close()
        if self.export is not None:
            self.export.close()
        self.sink.close()


def telemetry_for(
    declaration: Declaration, settings: Settings, *, also: Sequence[Observe] = (), worker: int | None = None
) -> Telemetry:
    """Every reader there is, and others that want to hear it; for a supervisor's worker with its number."""
    service = declaration.service

    def say(event: Event) -> None:
        """Tell all readers, some of which have something to say themselves."""
        observers(event)

    sink = Sink(STANDARD_ERROR, tell_lost=lambda lines: say(LogLinesLost(lines=lines)))
    deployment = deployment_of(service, settings, worker=worker)
    logs = service_log(deployment, settings, sink=sink)
    metrics = Metrics(
        deployment,
        names=names_in(service, also_read=settings.replica_pools),
        examples=Examples(settings.log_slow_seconds),
    )
    reports = _reports_for(settings, deployment, observe=say)
    health = DependencyHealth([upstream.name for upstream in service.upstreams])
    counts = SliCounts(slis_served(declaration))
    export = _export_for(settings, deployment, observe=say)
    traces = KeptTraces(offer=None if export is None else export.offer)
    reporting = () if reports is None else (reports,)
    observers = Observers(
        [metrics, logs, Recorder(), traces, Only(DependencyCalled, health), counts, *reporting, *also]
    )
    metrics.look_at(tasks_look)
    metrics.look_at(counts.look)
    metrics.look_at(logs_look(lambda: log_counts(logs, sink)))
    metrics.look_at(reports_look(lambda: NOTHING_REPORTED if reports is None else reports.counts))
    metrics.look_at(exports_look(lambda: NOTHING_EXPORTED if export is None else export.counts))
    metrics.look_at(observers_look(lambda: observers.dropped))
    metrics.look_at(dependencies_look(lambda: health.up))
    senses = Senses(observe=observers)
    metrics.look_at(breakers_look(lambda: senses.breakers.states))
    return Telemetry(
        observe=observers,
        metrics=metrics,
        sink=sink,
        make_context=Identifier(sample_ratio=0.0 if export is None else settings.trace_sample),
        senses=senses,
        health=health,
        admin_routes=[*log_level_routes(LevelSwitch(logs, observers)), *trace_routes(traces)],
        reports=reports,
        export=export,
    )


def _reports_for(settings: Settings, deployment: Deployment, *, observe: Observe) -> ErrorReports | None:
    """Who reports bugs; nobody where nothing says to whom."""
    dsn = settings.sentry_dsn.get_secret_value()
    if not dsn:
        return None
    from telemetry.sentry import Sentry  # noqa: PLC0415 - a library that only those load who report to it

    return ErrorReports(Sentry(dsn, deployment), observe, limits=ReportLimits())


def _export_for(settings: Settings, deployment: Deployment, *, observe: Observe) -> TraceExport | None:
    """Who sends traces to a collector; nobody where nothing says where it is."""
    if not settings.otlp_endpoint:
        return None
    from telemetry.otlp import Otlp  # noqa: PLC0415 - a library that only those have who export

    headers = headers_of(settings.otlp_headers.get_secret_value())
    send = Otlp(settings.otlp_endpoint, deployment, headers=headers)
    return TraceExport(send, observe, policy=ExportPolicy(slow_seconds=settings.log_slow_seconds))


def log_counts(logs: Logs, sink: Sink) -> LogCounts:
    """What became of lines until now."""
    return LogCounts(written=logs.lines, dropped=sink.dropped, sampled_out=logs.sampled_out)


def names_in(service: Service, *, also_read: Sequence[str] = ()) -> Names:
    """What there will be to measure; targets are the classes of work breakers, bulkheads and retries are counted by.

    `also_read` are the pools for reading from replicas.
    """
    policies = [PoolPolicy().reads(POOL), PoolPolicy().writes(POOL), RedisPolicy().commands()]
    policies += [PoolPolicy().reads(name) for name in also_read]
    for upstream in service.upstreams:
        policies += [upstream.policy.for_reads(upstream.name), upstream.policy.for_single_writes(upstream.name)]
    return Names(
        pools=[POOL, *also_read],
        targets=[policy.name for policy in policies],
        upstreams=[upstream.name for upstream in service.upstreams],
        caches=[resource.area for resource in cached_resources(service)],
    )
