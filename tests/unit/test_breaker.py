"""The circuit breaker: when it opens, whom it lets through, and what it takes no notice of."""

import asyncio
from typing import Any

import pytest

from middleware.errors import Conflict, Elapsed, OutcomeUnknown, Overloaded, Unavailable
from middleware.outbound.attempt_timeout import CutShort, NoAnswer
from middleware.outbound.breaker import breaker, verdict_of
from middleware.outbound.circuit import Admitted, Circuit, Verdict
from middleware.outbound.layer import Senses, straight
from middleware.outbound.layer_policies import BreakerOpen, BreakerPolicy, BulkheadPolicy
from middleware.outbound.policy import Policy
from telemetry.events import BreakerChanged
from tests.hand_clock import HandClock
from tests.recorder import Recorder
from tests.unit.pool_script import settle


class World:
    """A breaker, its time and its listener."""

    def __init__(self, *, jitter: float = 0.0, **numbers: Any) -> None:
        self.hand = HandClock(jitter=jitter)
        self.events = Recorder()
        self.senses = Senses(observe=self.events, clock=self.hand.clock)
        self.policy = Policy(
            dependency="postgres",
            name="postgres.reads",
            attempt_timeout_seconds=2.0,
            bulkhead=BulkheadPolicy(permits=10_000, waiters=0),
            breaker=BreakerPolicy(**numbers),
        )
        self.circuit: Circuit = self.senses.breakers.of(self.policy)
        self.call = breaker(straight, self.policy, senses=self.senses)

    def make(self, verdict: Verdict, *, times: int = 1, seconds: float = 0.0) -> None:
        """Make calls that end so, until one is refused."""
        for _ in range(times):
            admitted = self.circuit.admit()
            self.hand.advance(seconds)
            self.circuit.settle(admitted, verdict)

    def trip(self) -> None:
        """Open it."""
        while self.circuit.is_closed:
            self.make("bad")

    def begin(self, times: int) -> list[Admitted]:
        """Begin calls that do not end."""
        return [self.circuit.admit() for _ in range(times)]

    @property
    def state(self) -> str:
        return self.circuit.word

    @property
    def states(self) -> list[str]:
        """Every state it took on."""
        return [event.state for event in self.events.of(BreakerChanged)]


def open_seconds(world: World) -> float:
    """How long it stays open from now."""
    started = world.hand.instant
    while True:
        world.hand.advance(0.005)
        if world.circuit.lets_try:
            return world.hand.instant - started


def test_eighty_percent_failures_between_good_calls_open_it() -> None:
    world = World()
    for number in range(10):
        world.make("good" if number % 5 == 0 else "bad")

    assert world.states == ["open"]


def test_as_many_failures_as_the_ratio_allows_do_not() -> None:
    world = World()
    for number in range(1000):
        world.make("bad" if number % 5 == 0 else "good")

    assert world.states == []


def test_fewer_calls_than_the_minimum_say_nothing() -> None:
    world = World()
    world.make("bad", times=9)

    assert world.circuit.is_closed

    world.make("bad")

    assert not world.circuit.is_closed


def test_failures_are_forgotten_as_the_window_moves_on() -> None:
    world = World()
    for _ in range(50):
        world.make("bad", times=3)
        world.hand.advance(2)

    assert world.states == []


def test_a_thousand_cancelled_calls_change_nothing() -> None:
    world = World()
    world.make("neutral", times=1000)

    assert (world.states, world.state) == ([], "closed")


def test_calls_cancelled_after_the_time_of_a_slow_one_count_as_slow() -> None:
    world = World(slow_call_seconds=0.2)
    for _ in range(10):
        world.make("neutral", seconds=0.205)

    assert world.states == ["open"]


def test_slow_calls_open_it_though_they_succeed() -> None:
    world = World(slow_call_seconds=0.2)
    for _ in range(10):
        world.make("good", seconds=0.205)

    assert world.states == ["open"]


def test_what_hangs_opens_it_before_any_call_has_ended() -> None:
    world = World()
    world.make("good", times=1000)
    world.begin(3)

    world.hand.advance(0.53)

    assert world.states == ["open"]


def test_one_caller_after_another_whose_call_hangs_opens_it_too() -> None:
    world = World(slow_call_seconds=0.5, hanging_calls=3, minimum_calls=10)

    world.make("neutral", times=3, seconds=1.0)

    assert world.state == "open"


def test_calls_that_hung_are_forgotten_at_the_next_answer() -> None:
    world = World(slow_call_seconds=0.5, hanging_calls=3, minimum_calls=10)
    world.make("neutral", times=2, seconds=1.0)

    world.make("good")
    world.make("neutral", times=2, seconds=1.0)

    assert world.state == "closed"


def test_a_few_that_take_long_do_not_while_others_are_answered() -> None:
    world = World()
    world.begin(3)
    for _ in range(20):
        world.hand.advance(0.1)
        world.make("good", times=5)

    assert world.states == []


def test_what_waits_while_our_own_event_loop_is_held_up_is_not_slow() -> None:
    world = World()
    answered, unanswered = world.begin(10), world.begin(3)

    world.hand.stall(3)
    for admitted in answered:  # in the same turn of the loop, before any timer's
        world.circuit.settle(admitted, "good")
    world.hand.advance(0.4)
    states_before_it_hangs = world.states
    world.hand.advance(0.2)

    assert (states_before_it_hangs, world.states, len(unanswered)) == ([], ["open"], 3)


@pytest.mark.parametrize(
    ("gone_seconds", "jitter", "told"),
    [(0.0, 0.0, "2"), (0.0, 0.9, "3"), (4.0, 0.0, "5"), (60.0, 0.0, "11"), (60.0, 0.9, "17")],
)
def test_open_it_refuses_and_says_to_come_back_after_as_long_again_as_it_has_been_gone(
    gone_seconds: float, jitter: float, told: str
) -> None:
    world = World(jitter=jitter)
    world.trip()
    for _ in range(round(gone_seconds)):
        world.hand.advance(1.0)
        world.make("bad")

    with pytest.raises(BreakerOpen) as caught:
        world.circuit.admit()

    assert caught.value.headers == {"Retry-After": told}


def test_forced_open_it_says_to_come_back_after_the_longest_time() -> None:
    world = World()
    world.circuit.set_force("forced_open")

    assert world.circuit.refusal().headers == {"Retry-After": "11"}


def test_it_stays_open_longer_each_time_the_probes_fail_and_never_longer_than_the_limit() -> None:
    world = World()
    world.trip()
    seen = []
    for _ in range(5):
        seen.append(round(open_seconds(world), 2))
        world.make("bad")

    assert seen == [0.25, 0.5, 1.0, 1.0, 1.0]


def test_processes_that_opened_together_do_not_all_probe_together() -> None:
    spread = []
    for jitter in (0.0, 0.5, 0.99):
        world = World(jitter=jitter, open_seconds=1.0)
        world.trip()
        spread.append(round(open_seconds(world), 2))

    assert spread == [1.0, 0.88, 0.76]


def test_once_closed_again_it_opens_as_briefly_as_the_first_time() -> None:
    world = World(minimum_calls=1)
    world.trip()
    open_seconds(world)
    world.make("bad")
    open_seconds(world)
    world.make("good", times=3)
    world.trip()

    assert round(open_seconds(world), 2) == 0.25
    assert world.states == ["open", "half_open", "open", "half_open", "closed", "open"]


async def test_of_a_thousand_callers_at_half_open_exactly_the_probes_reach_the_backend() -> None:
    world = World()
    world.trip()
    open_seconds(world)
    reached = 0
    gate = asyncio.Event()

    async def backend() -> None:
        nonlocal reached
        reached += 1
        await gate.wait()

    async def call() -> None:
        await world.call("read", backend)

    tasks = [asyncio.create_task(call()) for _ in range(1000)]
    await settle()
    gate.set()
    results = await asyncio.gather(*tasks, return_exceptions=True)

    assert reached == 3
    assert [type(result) for result in results].count(BreakerOpen) == 997
    assert world.circuit.is_closed


def test_a_probe_that_never_returns_does_not_wedge_it() -> None:
    world = World()
    world.trip()
    open_seconds(world)
    world.begin(1)

    world.hand.advance(0.55)
    open_seconds(world)
    world.make("good", times=3)

    assert world.states == ["open", "half_open", "open", "half_open", "closed"]


def test_a_cancelled_probe_gives_its_place_to_another() -> None:
    world = World()
    world.trip()
    open_seconds(world)
    world.make("neutral", times=100)

    assert world.state == "half_open"

    world.make("good", times=3)

    assert world.state == "closed"


def test_a_success_that_comes_late_changes_nothing() -> None:
    world = World()
    early = world.begin(20)
    world.trip()
    for admitted in early:
        world.circuit.settle(admitted, "good")

    assert world.state == "open"

    open_seconds(world)
    probes = world.begin(3)
    world.circuit.settle(probes[0], "bad")
    for admitted in probes[1:]:
        world.circuit.settle(admitted, "good")

    assert world.state == "open"


def test_a_failure_from_before_it_opened_is_not_held_against_the_probes() -> None:
    world = World()
    early = world.begin(20)
    world.trip()
    open_seconds(world)
    world.make("good")
    for admitted in early:
        world.circuit.settle(admitted, "bad")
    world.make("good", times=2)

    assert world.state == "closed"


def test_forced_open_it_stays_open() -> None:
    world = World()
    world.senses.breakers.force("postgres.reads", "forced_open")
    world.hand.advance(3600)

    with pytest.raises(BreakerOpen):
        world.circuit.admit()

    assert (world.states, world.senses.breakers.states) == (["forced_open"], {"postgres.reads": "forced_open"})


def test_forced_closed_it_lets_everything_through() -> None:
    world = World()
    world.trip()
    world.senses.breakers.force("postgres.reads", "forced_closed")
    world.make("bad", times=1000)

    assert world.senses.breakers.states == {"postgres.reads": "forced_closed"}


def test_set_to_auto_it_judges_again_from_the_beginning() -> None:
    world = World()
    world.senses.breakers.force("postgres.reads", "forced_closed")
    world.make("bad", times=1000)
    world.senses.breakers.force("postgres.reads", "auto")
    world.make("good")

    assert world.state == "closed"

    world.trip()

    assert world.state == "open"


@pytest.mark.parametrize(
    ("error", "verdict"),
    [
        (Unavailable(), "bad"),
        (OutcomeUnknown(), "bad"),
        (Elapsed(), "bad"),
        (NoAnswer(), "bad"),
        (CutShort(), "neutral"),
        (Overloaded(), "neutral"),
        (Conflict(), "good"),
        (asyncio.CancelledError(), "neutral"),
        (ZeroDivisionError(), "neutral"),
    ],
)
def test_what_an_error_tells_of_the_dependency(error: BaseException, verdict: Verdict) -> None:
    assert verdict_of(error) == verdict


async def test_each_class_of_work_has_a_breaker_of_its_own() -> None:
    world = World()
    world.trip()
    other = Policy(
        dependency="postgres",
        name="postgres.writes",
        attempt_timeout_seconds=2.0,
        bulkhead=BulkheadPolicy(permits=1, waiters=0),
    )

    assert world.senses.breakers.of(other).is_closed


def test_told_that_whoever_was_gone_may_be_back_it_tries_at_once() -> None:
    world = World(open_seconds=0.25)
    world.trip()

    world.circuit.try_now()
    world.make("good", times=3)

    assert world.circuit.is_closed


def test_told_so_it_still_lets_no_more_than_the_probes_through() -> None:
    world = World(probes=3)
    world.trip()
    world.circuit.try_now()

    world.begin(3)

    with pytest.raises(BreakerOpen):
        world.circuit.admit()


def test_one_that_is_held_open_stays_so_whatever_it_is_told() -> None:
    world = World()
    world.circuit.set_force("forced_open")

    world.circuit.try_now()

    with pytest.raises(BreakerOpen):
        world.circuit.admit()
