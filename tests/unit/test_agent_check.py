"""How much of its share a process says it can take."""

import pytest

from server.agent_check import AgentCheck, Load, LoadPolicy
from tests.hand_clock import HandClock

POLICY = LoadPolicy()
LONG_SECONDS = 20 * POLICY.memory_seconds


class Process:
    """One that is as full as the test says, and ready unless it says why not."""

    def __init__(self) -> None:
        self.time = HandClock()
        self.fullness = 0.0
        self.reason: str | None = None
        self.load = Load(lambda: self.fullness, policy=POLICY, clock=self.time.clock)
        self.load.start()
        self.agent = AgentCheck(self.load, why_not=lambda: self.reason)


@pytest.fixture
def process() -> Process:
    return Process()


def test_who_has_nothing_to_do_takes_all_of_its_share(process: Process) -> None:
    process.time.advance(LONG_SECONDS)

    assert process.agent.line == b"up 100%\n"


@pytest.mark.parametrize(("fullness", "percent"), [(0.05, 95), (0.25, 75), (0.5, 50), (0.8, 20), (1.0, 10), (7.0, 10)])
def test_it_takes_less_by_what_is_at_work_and_never_nothing(process: Process, fullness: float, percent: int) -> None:
    process.fullness = fullness

    process.time.advance(LONG_SECONDS)

    assert process.load.percent == percent


def test_a_moment_hardly_counts_and_a_second_by_two_thirds(process: Process) -> None:
    process.fullness = 1.0
    process.time.advance(POLICY.look_seconds)
    after_a_moment = process.load.percent

    process.time.advance(POLICY.memory_seconds - POLICY.look_seconds)

    assert after_a_moment == 95
    assert process.load.percent == pytest.approx(37, abs=2)


def test_a_stall_counts_for_as_long_as_it_took_though_nobody_looked_meanwhile(process: Process) -> None:
    process.time.stall(POLICY.memory_seconds)

    process.time.advance(0)

    assert process.load.percent == 37


def test_a_lag_of_half_of_what_is_too_much_is_half_of_the_load(process: Process) -> None:
    for _ in range(200):
        process.time.stall(POLICY.look_seconds + POLICY.full_lag_seconds / 2)
        process.time.advance(0)

    assert process.load.percent == 50


def test_of_lag_and_requests_the_greater_counts(process: Process) -> None:
    process.fullness = 0.8
    for _ in range(200):
        process.time.stall(POLICY.look_seconds + POLICY.full_lag_seconds / 2)
        process.time.advance(0)

    assert process.load.percent == 20


def test_what_was_is_forgotten(process: Process) -> None:
    process.fullness = 1.0
    process.time.advance(LONG_SECONDS)
    process.fullness = 0.0

    process.time.advance(LONG_SECONDS)

    assert process.agent.line == b"up 100%\n"


def test_who_stops_says_so(process: Process) -> None:
    process.reason = "it is stopping"

    assert process.agent.line == b"down # it is stopping\n"


def test_after_its_end_nobody_looks(process: Process) -> None:
    process.time.advance(1)
    process.load.stop()

    assert process.time.pending == []
