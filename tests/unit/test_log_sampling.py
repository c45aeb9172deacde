"""Which lines of healthy requests are kept where there are many."""

import random
from collections import Counter

import orjson
import pytest

from telemetry.deployment import Deployment
from telemetry.events import AuthenticationFailed, Event, LogLevelChanged, RequestFinished
from telemetry.log_format import json_lines
from telemetry.log_sampling import EVERYTHING, Meter, Sample, is_kept, sample_of
from telemetry.logs import LogPolicy, Logs
from tests.hand_clock import HandClock

SHOP = Deployment(service="shop", version="1", environment="staging")
RANDOM = random.Random(5)  # noqa: S311 - the same draws at every run


def trace_id() -> str:
    return f"{RANDOM.getrandbits(128):032x}"


def finished(*, status: int = 200, seconds: float = 0.01, trace: str = "") -> RequestFinished:
    return RequestFinished(
        method="GET",
        route="/a",
        status=status,
        duration_seconds=seconds,
        request_id="r",
        trace_id=trace or trace_id(),
    )


class Log:
    """A log of one policy, and what it wrote."""

    def __init__(self, sample: Sample, *, slow_seconds: float = 1.0) -> None:
        self.clock = HandClock()
        self.lines: list[dict[str, object]] = []
        policy = LogPolicy(sample=sample, slow_seconds=slow_seconds)
        self.logs = Logs(json_lines(SHOP), self, policy=policy, now=lambda: self.clock.instant)

    def write(self, line: bytes) -> None:
        self.lines.append(orjson.loads(line))

    def __call__(self, *events: Event) -> None:
        for event in events:
            self.logs(event)


@pytest.mark.parametrize(
    ("text", "sample"),
    [
        ("200/s", Sample(lines_a_second=200)),
        ("0.5/s", Sample(lines_a_second=0.5)),
        ("0.1", Sample(ratio=0.1)),
        ("1", EVERYTHING),
        ("0", Sample(ratio=0)),
    ],
)
def test_how_much_is_kept_is_a_rate_or_a_part(text: str, sample: Sample) -> None:
    assert sample_of(text) == sample


@pytest.mark.parametrize("text", ["", "0/s", "-1", "1.1", "2", "10/m", "many", "0.1/h", "1e3/s"])
def test_anything_else_is_refused_with_what_would_do(text: str) -> None:
    with pytest.raises(ValueError, match=r"200/s.*0\.1"):
        sample_of(text)


def test_the_part_that_is_kept_is_the_part_asked_for() -> None:
    traces = [trace_id() for _ in range(20_000)]

    kept = sum(is_kept(trace, 0.1) for trace in traces)

    assert kept == pytest.approx(2_000, rel=0.1)


def test_whoever_keeps_fewer_keeps_some_of_what_others_keep() -> None:
    traces = [trace_id() for _ in range(2_000)]
    few, more = ({trace for trace in traces if is_kept(trace, ratio)} for ratio in (0.05, 0.3))

    assert few < more


def test_a_trace_is_kept_or_not_whatever_stands_in_the_half_that_may_not_be_random() -> None:
    assert is_kept("f" * 32, 1e-9)
    assert not is_kept("f" * 18 + "0" * 14, 1 - 1e-9)
    assert is_kept("0" * 32, 1)


def test_all_lines_are_kept_up_to_the_rate() -> None:
    meter = Meter(Sample(lines_a_second=3), now=lambda: 7.0)

    assert [meter.ratio() for _ in range(5)] == [1, 1, 1, 0.75, 0.6]


def test_after_a_busy_second_the_part_is_what_comes_to_the_rate() -> None:
    clock = HandClock()
    meter = Meter(Sample(lines_a_second=10), now=lambda: clock.instant)
    for _ in range(100):
        meter.ratio()
    clock.advance(1)

    assert meter.ratio() == 0.1


def test_after_a_quiet_second_all_are_kept_again() -> None:
    clock = HandClock()
    meter = Meter(Sample(lines_a_second=10), now=lambda: clock.instant)
    for _ in range(100):
        meter.ratio()
    clock.advance(2)

    assert meter.ratio() == 1


def test_the_lines_say_for_how_many_they_stand() -> None:
    log = Log(Sample(lines_a_second=50))
    for _ in range(5):
        log(*(finished() for _ in range(2_000)))
        log.clock.advance(1)

    stood_for = sum(1 / float(str(line.get("sample.ratio", 1))) for line in log.lines)

    assert stood_for == pytest.approx(10_000, rel=0.15)
    assert len(log.lines) < 700
    assert len(log.lines) + log.logs.sampled_out == 10_000


def test_errors_and_slow_requests_are_never_left_out() -> None:
    log = Log(Sample(ratio=0), slow_seconds=0.5)

    log(finished(status=500), finished(status=503), finished(seconds=0.5), finished(status=404, seconds=2), finished())

    assert [line["http.response.status_code"] for line in log.lines] == [500, 503, 200, 404]
    assert log.logs.sampled_out == 1


def test_a_flood_of_refusals_hides_nothing_that_is_well() -> None:
    log = Log(Sample(lines_a_second=10))

    log(*(finished(status=401) for _ in range(1_000)), *(finished() for _ in range(10)))

    assert Counter(line["http.response.status_code"] for line in log.lines)[200] == 10


def test_what_is_said_of_one_trace_is_left_out_together() -> None:
    log = Log(Sample(ratio=0.5))
    for _ in range(100):
        trace = trace_id()
        refused = AuthenticationFailed(
            method="jwt", outcome="expired", credential_id="", request_id="r", trace_id=trace
        )
        log(refused, finished(status=401, trace=trace))

    lines = Counter(str(line["trace_id"]) for line in log.lines)

    assert set(lines.values()) == {2}


def test_what_the_level_hides_is_not_counted_as_left_out() -> None:
    log = Log(Sample(ratio=0))
    log.logs.level = "warning"

    log(finished())

    assert (log.lines, log.logs.sampled_out) == ([], 0)


def test_a_change_of_the_level_is_told_at_any_level() -> None:
    log = Log(EVERYTHING)
    log.logs.level = "error"

    log(LogLevelChanged(level="error"))

    assert [line["event"] for line in log.lines] == ["log_level_changed"]
