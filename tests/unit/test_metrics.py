"""What each event does to the metrics."""

import asyncio
from dataclasses import replace
from itertools import product
from typing import get_args

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from prometheus_client.parser import text_string_to_metric_families as parse_classic

from telemetry import readings
from telemetry.catalogue import CATALOGUE
from telemetry.context import CURRENT_REQUEST, Identifier
from telemetry.deployment import Deployment
from telemetry.error_reports import NOTHING_REPORTED
from telemetry.events import (
    AccessDecided,
    AcquireTimedOut,
    Authenticated,
    BulkheadRejected,
    ClientDisconnected,
    ConnectionAcquired,
    ConnectionOpened,
    ConnectionReleased,
    DependencyCalled,
    Event,
    Outcome,
    RateLimitDecided,
    RejectReason,
    RequestCutOff,
    RequestFinished,
    RequestMalformed,
    RequestRejected,
    RequestStarted,
    Retried,
)
from telemetry.metrics import Metrics, Names
from telemetry.readings import PoolSizes, Reading
from tests.told_bug import CAUGHT

LOOKED_AT = (
    "sli_events",
    "log_events",
    "observer_failures",
    "trace_exports",
    "process_",
    "python_gc_",
    "postgresql_",
    "redis_",
    "sentry_",
)
"""What is no event but looked at when somebody scrapes."""
STARTED = RequestStarted(method="GET", route="/products/{id}")
LEFT = ClientDisconnected(method="GET", route="/", duration_seconds=0.1, request_id="a", trace_id="b")
CUT_OFF = RequestCutOff(method="GET", route="/", duration_seconds=0.1, request_id="a", trace_id="b")


def finished(route: str = "/products/{id}", status: int = 200, method: str = "GET") -> RequestFinished:
    return RequestFinished(
        method=method, route=route, status=status, duration_seconds=0.003, request_id="a", trace_id="b"
    )


@pytest.fixture
def metrics() -> Metrics:
    names = Names(pools=["reads"], targets=["postgres.reads"])
    return Metrics(Deployment(service="shop", version="1.2.3", environment="staging"), names=names)


def text_of(metrics: Metrics, *, openmetrics: bool = False) -> str:
    return b"".join(metrics.slices(openmetrics=openmetrics)).decode()


def samples(metrics: Metrics, name: str) -> dict[tuple[str, ...], float]:
    """The samples of that name, by their label values in the order of the labels' names."""
    return {
        tuple(value for _, value in sorted(sample.labels.items())): sample.value
        for family in parse_classic(text_of(metrics))
        for sample in family.samples
        if sample.name == name
    }


def test_an_upstream_s_calls_are_there_before_the_first_and_are_no_database_s() -> None:
    metrics = Metrics(
        Deployment(service="shop", version="1.2.3", environment="test"), names=Names(upstreams=["payments"])
    )
    metrics(
        DependencyCalled(
            dependency="payments", operation="write", outcome="timeout", error_type="timeout", duration_seconds=3.0
        )
    )

    counts = samples(metrics, "dependency_call_duration_seconds_count")
    outcomes = ("ok", "error", "timeout", "rejected")
    assert counts == {
        ("payments", operation, outcome): float((operation, outcome) == ("write", "timeout"))
        for operation in ("read", "write")
        for outcome in outcomes
    }
    assert samples(metrics, "db_client_operation_duration_seconds_count") == {}


def test_an_answered_request_is_measured_by_method_status_and_route(metrics: Metrics) -> None:
    metrics(STARTED)
    metrics(finished())

    assert samples(metrics, "http_server_request_duration_seconds_count") == {("GET", "200", "/products/{id}"): 1}
    assert samples(metrics, "http_server_request_duration_seconds_sum") == {("GET", "200", "/products/{id}"): 0.003}
    assert samples(metrics, "http_server_request_duration_seconds_bucket")["GET", "200", "/products/{id}", "0.005"] == 1


def test_a_request_is_active_until_it_ends_whichever_way(metrics: Metrics) -> None:
    active = []
    for event in (STARTED, STARTED, STARTED, finished(), LEFT, CUT_OFF):
        metrics(event)
        active.append(samples(metrics, "http_server_active_requests")[()])

    assert active == [1, 2, 3, 2, 1, 0]


def test_a_caller_who_leaves_is_counted(metrics: Metrics) -> None:
    metrics(STARTED)
    metrics(LEFT)

    assert samples(metrics, "http_server_client_disconnects_total") == {(): 1}


def test_a_malformed_request_is_a_rejected_one(metrics: Metrics) -> None:
    metrics(RequestMalformed(error_type="BadStatusLine", request_id="a", trace_id="b"))

    assert samples(metrics, "http_server_requests_rejected_total")["malformed",] == 1


def test_what_is_turned_away_at_the_edge_is_counted_by_its_reason(metrics: Metrics) -> None:
    metrics(RequestRejected(reason="slow_headers"))

    assert samples(metrics, "http_server_requests_rejected_total") == {
        ("idle",): 0,
        ("malformed",): 0,
        ("overloaded",): 0,
        ("rate_limited",): 0,
        ("slow_body",): 0,
        ("slow_headers",): 1,
        ("slow_reader",): 0,
        ("tls_handshake",): 0,
    }


def test_a_request_past_its_limit_is_a_decision_and_a_rejection(metrics: Metrics) -> None:
    metrics(RateLimitDecided(decision="allowed"))
    metrics(RateLimitDecided(decision="limited_degraded"))

    assert samples(metrics, "rate_limit_decisions_total") == {
        ("allowed",): 1,
        ("limited",): 0,
        ("allowed_degraded",): 0,
        ("limited_degraded",): 1,
    }
    assert samples(metrics, "http_server_requests_rejected_total")["rate_limited",] == 1


def test_a_bug_is_counted(metrics: Metrics) -> None:
    metrics(CAUGHT)

    assert samples(metrics, "app_exceptions_total") == {(): 1}


def test_a_call_to_postgres_is_measured_as_a_dependency_and_as_a_database(metrics: Metrics) -> None:
    metrics(
        DependencyCalled(
            dependency="postgres",
            operation="products.create",
            outcome="error",
            error_type="conflict",
            duration_seconds=0.002,
        )
    )

    assert samples(metrics, "dependency_call_duration_seconds_count") == {("postgres", "products.create", "error"): 1}
    assert samples(metrics, "db_client_operation_duration_seconds_count") == {
        ("products.create", "postgresql", "conflict"): 1
    }


@pytest.mark.parametrize(
    ("event", "name"),
    [
        (ConnectionAcquired(pool="reads", wait_seconds=0.5), "db_client_connection_wait_time_seconds_sum"),
        (ConnectionReleased(pool="reads", use_seconds=0.5), "db_client_connection_use_time_seconds_sum"),
        (ConnectionOpened(pool="reads", duration_seconds=0.5), "db_client_connection_create_time_seconds_sum"),
    ],
)
def test_a_pools_times_are_measured(metrics: Metrics, event: Event, name: str) -> None:
    metrics(event)

    assert samples(metrics, name) == {("reads",): 0.5}


def test_a_caller_without_a_connection_is_counted(metrics: Metrics) -> None:
    metrics(AcquireTimedOut(pool="reads", waited_seconds=1))

    assert samples(metrics, "db_client_connection_timeouts_total") == {("reads",): 1}


def test_calls_without_room_and_attempts_made_again_are_counted(metrics: Metrics) -> None:
    metrics(BulkheadRejected(name="postgres.reads", waited_seconds=0.5))
    metrics(Retried(target="postgres.reads", outcome="ok"))

    assert samples(metrics, "bulkhead_rejections_total") == {("postgres.reads",): 1}
    assert samples(metrics, "retries_total") == {
        ("ok", "postgres.reads"): 1,
        ("error", "postgres.reads"): 0,
        ("budget_spent", "postgres.reads"): 0,
    }


def test_a_breaker_is_in_one_state_and_in_no_other(metrics: Metrics) -> None:
    metrics.look_at(readings.breakers_look(lambda: {"redis": "half_open"}))

    assert samples(metrics, "circuit_breaker_state") == {
        ("redis", "closed"): 0,
        ("redis", "open"): 0,
        ("redis", "half_open"): 1,
        ("redis", "forced_open"): 0,
        ("redis", "forced_closed"): 0,
    }


def test_error_series_are_there_before_the_first_error(metrics: Metrics) -> None:
    names = (
        "app_exceptions_total",
        "db_client_connection_timeouts_total",
        "http_server_client_disconnects_total",
        "http_server_requests_rejected_total",
        "metrics_label_overflow_total",
        "rate_limit_decisions_total",
        "tls_certificate_renewals_total",
    )

    assert [samples(metrics, name) for name in names] == [
        {(): 0},
        {("reads",): 0},
        {(): 0},
        dict.fromkeys([("malformed",), ("rate_limited",), *((reason,) for reason in get_args(RejectReason))], 0),
        {(): 0},
        dict.fromkeys([("allowed",), ("limited",), ("allowed_degraded",), ("limited_degraded",)], 0),
        {("ok",): 0, ("error",): 0},
    ]


def test_series_of_closed_labels_are_there_before_anything_happens() -> None:
    names = Names(pools=["postgres"], targets=["postgres.reads"], caches=["products"])
    metrics = Metrics(Deployment(service="shop", version="1.2.3", environment="test"), names=names)
    known = {
        "pool": names.pools,
        "target": names.targets,
        "name": names.targets,
        "cache": names.caches,
    }

    counters = [metric for metric in CATALOGUE if metric.kind == "counter" and not metric.name.startswith(LOOKED_AT)]
    shown = {metric.name: set(samples(metrics, metric.name)) for metric in counters}

    assert shown == {
        metric.name: {
            tuple(value for _, value in sorted(zip(metric.labels, values, strict=True)))
            for values in product(*(metric.words.get(label) or known[label] for label in metric.labels))
        }
        for metric in counters
    }


def test_the_server_errors_of_each_address_are_there_before_the_first(metrics: Metrics) -> None:
    metrics.expect_requests([("GET", "/products"), ("POST", "/products")])
    metrics(finished(route="/products", status=503))

    assert samples(metrics, "http_server_request_duration_seconds_count") == {
        (method, status, "/products"): float((method, status) == ("GET", "503"))
        for method in ("GET", "POST")
        for status in ("500", "503", "504")
    }


def test_addresses_that_ask_upstreams_have_the_failures_of_those_as_well(metrics: Metrics) -> None:
    metrics.expect_requests([("GET", "/products"), ("POST", "/checkout")], asking=[("POST", "/checkout")])

    assert samples(metrics, "http_server_request_duration_seconds_count").keys() == {
        *(("GET", status, "/products") for status in ("500", "503", "504")),
        *(("POST", status, "/checkout") for status in ("500", "502", "503", "504")),
    }


def test_label_sets_past_the_limit_share_one_and_are_counted() -> None:
    metrics = Metrics(Deployment(service="shop", version="1.2.3", environment="test"), max_label_sets=20)
    for number in range(25):
        metrics(finished(route=f"/{number}"))
    metrics(finished(route="/0"))

    assert samples(metrics, "http_server_request_duration_seconds_count") == {
        **{("GET", "200", f"/{number}"): 1 for number in range(20)},
        ("GET", "200", "/0"): 2,
        ("_OTHER", "_OTHER", "_OTHER"): 5,
    }
    assert samples(metrics, "metrics_label_overflow_total") == {(): 5}


def test_what_is_looked_at_is_looked_at_at_every_scrape(metrics: Metrics) -> None:
    sizes = iter(
        [
            PoolSizes(pool="reads", idle=3, used=1, maximum=8, pending=0),
            PoolSizes(pool="reads", idle=0, used=8, maximum=8, pending=5),
        ]
    )
    metrics.look_at(readings.pool_look(lambda: next(sizes)))

    first = samples(metrics, "db_client_connection_count")
    second = samples(metrics, "db_client_connection_count")

    assert (first, second) == (
        {("reads", "idle"): 3, ("reads", "used"): 1},
        {("reads", "idle"): 0, ("reads", "used"): 8},
    )


def test_several_looks_may_fill_one_metric(metrics: Metrics) -> None:
    for pool in ("reads", "writes"):
        sizes = PoolSizes(pool=pool, idle=0, used=0, maximum=8, pending=2)
        metrics.look_at(readings.pool_look(lambda sizes=sizes: sizes))  # type: ignore[misc]  # a default binds it now

    assert samples(metrics, "db_client_connection_pending_requests") == {("reads",): 2, ("writes",): 2}


def test_a_look_that_fails_hides_nothing_else(metrics: Metrics) -> None:
    def broken() -> list[Reading]:
        raise OSError("gone")

    metrics.look_at(broken)
    metrics.look_at(readings.dependencies_look(lambda: {"postgres": True, "redis": False}))

    assert samples(metrics, "dependency_up") == {("postgres",): 1, ("redis",): 0}


def test_losses_of_the_readers_themselves_are_shown(metrics: Metrics) -> None:
    counts = readings.LogCounts(written={"info": 7, "error": 0}, dropped=3, sampled_out=5)
    metrics.look_at(readings.logs_look(lambda: counts))
    metrics.look_at(readings.observers_look(lambda: 2))
    metrics.look_at(readings.reports_look(lambda: NOTHING_REPORTED))

    assert samples(metrics, "log_events_total") == {("info",): 7, ("error",): 0}
    assert samples(metrics, "log_events_dropped_total") == {(): 3}
    assert samples(metrics, "log_events_sampled_out_total") == {(): 5}
    assert samples(metrics, "observer_failures_total") == {(): 2}
    assert samples(metrics, "sentry_events_total") == {
        ("sent",): 0,
        ("rate_limited",): 0,
        ("dropped",): 0,
        ("failed",): 0,
    }


async def test_the_loops_tasks_are_counted(metrics: Metrics) -> None:
    metrics.look_at(readings.tasks_look)

    assert samples(metrics, "asyncio_tasks") == {(): len(asyncio.all_tasks())}


@pytest.mark.parametrize(
    ("status", "sampled", "seconds", "is_kept"),
    [(200, False, 0.003, False), (200, True, 0.003, True), (503, False, 0.003, True), (200, False, 1.5, True)],
)
def test_a_sampled_a_slow_and_a_failed_request_are_their_bucket_s_example(
    metrics: Metrics, status: int, sampled: bool, seconds: float, is_kept: bool
) -> None:
    context = replace(Identifier()(), sampled=sampled)
    place = CURRENT_REQUEST.set(context)
    outcome: Outcome = "ok" if status < 500 else "error"

    metrics(replace(finished(status=status), duration_seconds=seconds))
    metrics(
        DependencyCalled(
            dependency="postgres", operation="read", outcome=outcome, error_type="", duration_seconds=seconds
        )
    )
    CURRENT_REQUEST.reset(place)

    found = {
        sample.name: sample.exemplar.labels
        for family in parse_openmetrics(text_of(metrics, openmetrics=True))  # type: ignore[no-untyped-call]  # it has no annotations
        for sample in family.samples
        if sample.exemplar
    }
    traced = ("http_server_request_duration", "dependency_call_duration", "db_client_operation_duration")
    expected = {f"{name}_seconds_bucket": {"trace_id": context.trace_id} for name in traced}
    assert found == (expected if is_kept else {})


def test_what_belongs_to_no_request_is_no_example(metrics: Metrics) -> None:
    metrics(replace(finished(status=503), duration_seconds=2.0))

    assert "trace_id" not in text_of(metrics, openmetrics=True)


def test_the_build_says_what_is_running(metrics: Metrics) -> None:
    ((labels, value),) = samples(metrics, "app_build_info").items()

    assert (labels[0], labels[3:], value) == ("staging", ("shop", "1.2.3"), 1)


def test_both_formats_say_the_same(metrics: Metrics) -> None:
    metrics(finished())

    classic, openmetrics = (
        {(sample.name, tuple(sorted(sample.labels.items()))) for family in parse(text) for sample in family.samples}
        for parse, text in ((parse_classic, text_of(metrics)), (parse_openmetrics, text_of(metrics, openmetrics=True)))
    )

    assert classic == openmetrics


def test_no_series_tells_only_when_a_counter_was_made(metrics: Metrics) -> None:
    metrics(finished())

    assert "_created" not in text_of(metrics) + text_of(metrics, openmetrics=True)


@pytest.mark.parametrize(
    "event",
    [
        STARTED,
        Authenticated(method="jwt"),
        AccessDecided(decision="refused_role"),
        RateLimitDecided(decision="allowed"),
        RateLimitDecided(decision="limited_degraded"),
        finished(),
    ],
)
def test_an_event_told_again_and_again_is_counted_as_any_other(event: Event) -> None:
    once, again = (Metrics(Deployment(service="shop", version="1", environment="test")) for _ in range(2))
    once(event)

    tell = again.bound(event)
    assert tell is not None
    tell()

    assert samples_told(again) == samples_told(once)


def samples_told(metrics: Metrics) -> list[bytes]:
    """What a scrape shows of events."""
    lines = b"".join(metrics.slices(openmetrics=False)).splitlines()
    return [line for line in lines if not line.startswith((b"#", *(name.encode() for name in LOOKED_AT)))]
