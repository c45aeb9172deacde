"""Which requests are good and which bad, for each objective."""

from dataclasses import replace
from typing import get_args

import pytest

from telemetry.events import (
    ClientDisconnected,
    RejectReason,
    RequestCutOff,
    RequestFinished,
    RequestMalformed,
    RequestRejected,
    RequestStarted,
)
from telemetry.objectives import Availability, Latency, Sli
from telemetry.observers import Observers
from telemetry.sli_counts import Ending, SliCounts, was_available, was_in_time

BUY = ("POST", "/checkout")
READ = ("GET", "/products/{id}")
FINISHED = RequestFinished(
    method="GET", route="/products/{id}", status=200, duration_seconds=0.25, request_id="a", trace_id="b"
)
LEFT = ClientDisconnected(method="GET", route="/products/{id}", duration_seconds=0.25, request_id="a", trace_id="b")
CUT_OFF = RequestCutOff(method="GET", route="/products/{id}", duration_seconds=9.0, request_id="a", trace_id="b")
REFUSED = RequestRejected(reason="overloaded", method="POST", route="/checkout")


def answered(status: int, seconds: float = 0.25, *, callers_time: bool = False) -> RequestFinished:
    return replace(FINISHED, status=status, duration_seconds=seconds, callers_time=callers_time)


@pytest.mark.parametrize(
    ("ending", "served", "in_time"),
    [
        (answered(200), True, True),
        (answered(200, 0.2501), True, False),
        (answered(304), True, True),
        (answered(404), True, None),
        (answered(422, 9.0), True, None),
        (answered(429), None, None),
        (answered(500), False, None),
        (answered(503, 9.0), False, None),
        (answered(504, 9.0), False, None),
        (answered(504, 0.2, callers_time=True), None, None),
        (answered(504, 0.3, callers_time=True), None, False),
        (answered(503, 0.3, callers_time=True), False, None),
        (answered(200, 0.3, callers_time=True), True, False),
        (LEFT, None, None),
        (replace(LEFT, duration_seconds=0.2501), None, False),
        (CUT_OFF, False, None),
        (REFUSED, False, None),
        *((replace(REFUSED, reason=reason), None, None) for reason in get_args(RejectReason) if reason != "overloaded"),
    ],
)
def test_a_request_is_good_bad_or_left_out(ending: Ending, served: bool | None, in_time: bool | None) -> None:
    assert (was_available(ending), was_in_time(ending, 0.25)) == (served, in_time)


@pytest.fixture
def counts() -> SliCounts:
    return SliCounts(
        [
            Sli(name="availability", about="", objective=Availability(0.999), covers=(READ, BUY)),
            Sli(name="latency", about="", objective=Latency(0.99, under_seconds=0.25), covers=(READ, BUY)),
            Sli(
                name="post_checkout_availability", about="POST /checkout", objective=Availability(0.9995), covers=(BUY,)
            ),
        ]
    )


def seen(counts: SliCounts, metric: str) -> dict[tuple[str, ...], float]:
    return {reading.labels: reading.value for reading in counts.look() if reading.metric.name == metric}


def test_everything_is_there_before_the_first_request(counts: SliCounts) -> None:
    assert seen(counts, "sli_events_total") == {
        (sli, outcome): 0
        for sli in ("availability", "latency", "post_checkout_availability")
        for outcome in ("good", "bad")
    }
    assert seen(counts, "slo_objective_ratio") == {
        ("availability",): 0.999,
        ("latency",): 0.99,
        ("post_checkout_availability",): 0.9995,
    }


def test_a_request_counts_for_every_objective_that_covers_its_address(counts: SliCounts) -> None:
    for event in (answered(200), answered(500), answered(200, 0.3), REFUSED):
        Observers([counts])(event)

    assert seen(counts, "sli_events_total") == {
        ("availability", "good"): 2,
        ("availability", "bad"): 2,
        ("latency", "good"): 1,
        ("latency", "bad"): 1,
        ("post_checkout_availability", "good"): 0,
        ("post_checkout_availability", "bad"): 1,
    }


@pytest.mark.parametrize(
    "event",
    [
        replace(FINISHED, route="_unmatched", status=404),
        replace(FINISHED, route="_unmatched", status=500),
        replace(FINISHED, method="OPTIONS"),
        replace(FINISHED, route="/openapi.json"),
        RequestRejected(reason="overloaded"),
        RequestStarted(method="GET", route="/products/{id}"),
        RequestMalformed(error_type="BadStatusLine", request_id="a", trace_id="b"),
    ],
)
def test_what_no_objective_covers_is_not_counted(counts: SliCounts, event: RequestFinished | RequestRejected) -> None:
    Observers([counts])(event)

    assert set(seen(counts, "sli_events_total").values()) == {0}
