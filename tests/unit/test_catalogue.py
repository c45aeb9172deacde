"""The metrics as data: their names, labels and buckets."""

from prometheus_client.parser import text_string_to_metric_families

from telemetry.catalogue import CATALOGUE, Metric, server_rows
from telemetry.deployment import Deployment
from telemetry.metrics import Metrics, Names
from telemetry.readings import Reading


def test_no_name_is_used_twice() -> None:
    assert len({metric.name for metric in CATALOGUE}) == len(CATALOGUE)


def test_counters_and_only_counters_are_totals() -> None:
    assert [metric.name for metric in CATALOGUE if metric.name.endswith("_total") != (metric.kind == "counter")] == []


def test_histograms_and_only_histograms_have_rising_buckets() -> None:
    wrong = [
        metric.name
        for metric in CATALOGUE
        if (metric.kind == "histogram") != bool(metric.buckets) or list(metric.buckets) != sorted(set(metric.buckets))
    ]

    assert wrong == []


def test_histograms_name_their_unit() -> None:
    assert [m.name for m in CATALOGUE if m.kind == "histogram" and not m.name.endswith("_seconds")] == []


def test_every_metric_says_what_it_means_in_a_sentence() -> None:
    assert [metric.name for metric in CATALOGUE if not metric.help.endswith(".")] == []


def test_a_scrape_shows_every_metric_of_the_catalogue_as_it_is_declared_and_no_other() -> None:
    metrics = Metrics(Deployment(service="shop", version="1.0.0", environment="test"), names=Names(pools=["postgres"]))
    metrics.look_at(lambda: [Reading(metric=metric, value=1, labels=metric.labels) for metric in _looked_at()])

    families = {
        family.name + ("_total" if family.type == "counter" else ""): (family.type, family.documentation)
        for family in text_string_to_metric_families(b"".join(metrics.slices(openmetrics=False)).decode())
    }

    assert families == {metric.name: (metric.kind, metric.help) for metric in CATALOGUE}


def _looked_at() -> list[Metric]:
    scraped = (
        "db_client_connection_count",
        "db_client_connection_max",
        "db_client_connection_pending_requests",
        "postgresql_replica_age_seconds",
        "dependency_up",
        "circuit_breaker_state",
        "tls_certificate_current",
        "tls_certificate_not_before_timestamp_seconds",
        "tls_certificate_not_after_timestamp_seconds",
        "concurrency_limit",
        "asyncio_tasks",
        "log_events_total",
        "log_events_dropped_total",
        "log_events_sampled_out_total",
        "sentry_events_total",
        "trace_exports_total",
        "observer_failures_total",
        "sli_events_total",
        "slo_objective_ratio",
    )
    told_by_servers = vars(server_rows).values()
    return [metric for metric in CATALOGUE if metric.name in scraped or metric in told_by_servers]
