"""Is anybody there, and does anybody come: what no objective sees, as it counts nothing when nothing is counted."""

from telemetry.catalogue.process_rows import APP_BUILD_INFO, PROCESS_START_TIME
from telemetry.catalogue.request_rows import HTTP_REQUEST_DURATION
from telemetry.render.promql import Series, total
from telemetry.render.rules import AlertRule
from telemetry.render.scrape_metrics import UP


def reachability_alerts(series: Series) -> list[AlertRule]:
    """Of processes and of callers."""
    return [_service_down(series), _target_down(series), _restart_loop(series), _no_traffic(series), _versions(series)]


def _service_down(series: Series) -> AlertRule:
    return AlertRule(
        name="ServiceDown",
        expr=f"{total(series.of(UP))} == 0\nor absent({series.of(UP)})",
        # Four scrapes: one lost scrape is no outage, and a restart takes seconds.
        for_seconds=60,
        # A page although it is a cause: a process that is gone counts no failures.
        severity="page",
        summary="No process of {{ $labels.job }} answers Prometheus",
        description=(
            "Not one of its targets has answered a scrape for a minute, or there are no targets at all. Either the "
            "service is down or Prometheus cannot see it; in both cases no other alert can tell you about it."
        ),
        board="service",
    )


def _target_down(series: Series) -> AlertRule:
    return AlertRule(
        name="TargetDown",
        expr=f"{series.of(UP)} == 0",
        for_seconds=120,
        # The others carry the load, and their own alerts tell when they cannot.
        severity="ticket",
        summary="{{ $labels.instance }} of {{ $labels.job }} does not answer Prometheus",
        description="Its scrapes have failed for two minutes: the process is gone, hung, or cannot be reached.",
        board="service",
    )


def _restart_loop(series: Series) -> AlertRule:
    return AlertRule(
        name="RestartLoop",
        # A deploy restarts a process once, one that is taken back twice.
        expr=f"changes({series.of(PROCESS_START_TIME)}[15m]) > 2",
        # A page: each crash loses the requests under way and the counts of all since the last scrape, so that an
        # objective sees little of the harm.
        severity="page",
        summary="{{ $labels.instance }} of {{ $labels.job }} was restarted {{ $value }} times within 15 minutes",
        description="It starts, and ends again. Each end breaks off the requests under way; no figure counts those.",
        board="runtime",
    )


def _no_traffic(series: Series) -> AlertRule:
    requests = series.count(HTTP_REQUEST_DURATION)
    return AlertRule(
        name="NoTraffic",
        # 180 an hour are 30 in ten minutes; none at all has then a chance of e^-30, unless something is broken. Traffic
        # that falls asleep by itself comes below that first.
        expr=(f"{total(f'increase({requests}[10m])')} == 0\nand {total(f'increase({requests}[1h] offset 10m)')} > 180"),
        for_seconds=60,
        # A page: nobody can reach us, and whoever cannot reach us is not counted.
        severity="page",
        summary="No request has reached {{ $labels.job }} for 10 minutes",
        description=(
            "In the hour before there were more than 180. The processes answer Prometheus: what is broken lies between "
            "callers and them. It ends after an hour of silence at the latest, mended or not."
        ),
        board="service",
    )


def _versions(series: Series) -> AlertRule:
    versions = f"count by (job, version, mainstay_version) ({series.of(APP_BUILD_INFO)})"
    return AlertRule(
        name="VersionsMixed",
        expr=f"count by (job) ({versions}) > 1",
        # A careful deploy takes an hour; one that takes longer has been forgotten half-way.
        for_seconds=3600,
        severity="ticket",
        summary="{{ $labels.job }} has run {{ $value }} versions at once for an hour",
        description="A deploy has stopped half-way: callers get one version or the other.",
        board="runtime",
    )
