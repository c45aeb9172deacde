"""The outbound layers: what a call to a dependency passes through."""

import asyncio
import math
from functools import partial

import pytest

from middleware.deadlines import DEADLINE
from middleware.errors import Conflict, Elapsed, Overloaded, Unavailable
from middleware.outbound import STACK, outbound
from middleware.outbound.attempt_timeout import CutShort, NoAnswer, attempt_timeout
from middleware.outbound.breaker import breaker
from middleware.outbound.bulkhead import bulkhead
from middleware.outbound.call_deadline import deadline
from middleware.outbound.layer import Call, Senses
from middleware.outbound.layer_policies import BreakerOpen, BulkheadPolicy
from middleware.outbound.measure import Answered, measure
from middleware.outbound.policy import Policy, PoolPolicy
from middleware.outbound.retry import retry
from middleware.outbound.see_through import see_through
from middleware.outbound.together import together
from telemetry.events import DependencyCalled, Outcome
from tests.hand_clock import HandClock
from tests.recorder import Recorder

POLICY = Policy(
    dependency="postgres",
    name="postgres.reads",
    attempt_timeout_seconds=2.0,
    bulkhead=BulkheadPolicy(permits=4, waiters=4),
)
TICK = 0.02
"""A timeout comes up to one width of the sweeper late."""


class World:
    """A stack with its time and its listener."""

    def __init__(self) -> None:
        self.hand = HandClock()
        self.events = Recorder()
        self.senses = Senses(observe=self.events, clock=self.hand.clock)
        self.call: Call = outbound(POLICY, senses=self.senses)
        self.entered = asyncio.Event()

    async def answer(self) -> str:
        self.hand.advance(0.5)
        return "rows"

    async def hang(self) -> str:
        self.entered.set()
        await asyncio.Event().wait()
        return "never"

    async def start_hanging(self) -> "asyncio.Task[str]":
        async def run() -> str:
            return await self.call("read", self.hang)

        task = asyncio.create_task(run())
        await self.entered.wait()
        return task


def called(outcome: Outcome, error_type: str, duration_seconds: float = 0.0) -> list[DependencyCalled]:
    return [
        DependencyCalled(
            dependency="postgres",
            operation="read",
            outcome=outcome,
            error_type=error_type,
            duration_seconds=duration_seconds,
        )
    ]


def test_the_layers_stand_in_the_order_the_page_says() -> None:
    assert (measure, see_through, together, bulkhead, deadline, retry, breaker, attempt_timeout) == STACK


async def test_a_call_that_succeeds_is_measured() -> None:
    world = World()

    result = await world.call("read", world.answer)

    assert (result, world.events.events) == ("rows", called("ok", "", 0.5))


@pytest.mark.parametrize(
    ("error", "outcome", "error_type"),
    [
        (Conflict(), "error", "conflict"),
        (Unavailable(), "error", "unavailable"),
        (Overloaded(), "rejected", "overloaded"),
        (Elapsed(), "timeout", "timeout"),
        (BreakerOpen(retry_after_seconds=1), "rejected", "breaker_open"),
        (ZeroDivisionError(), "error", "internal"),
    ],
)
async def test_a_call_that_fails_is_measured_and_its_error_passes(
    error: Exception, outcome: Outcome, error_type: str
) -> None:
    world = World()

    async def fail() -> None:
        raise error

    with pytest.raises(type(error)) as caught:
        await world.call("read", fail)

    assert caught.value is error
    assert world.events.events == called(outcome, error_type)


async def test_what_stands_behind_an_error_is_told_in_a_word() -> None:
    world = World()

    async def attempt(behind: BaseException) -> None:
        raise Unavailable from behind

    for behind in (ConnectionResetError("secret"), Answered("503"), asyncio.CancelledError()):
        with pytest.raises(Unavailable):
            await world.call("read", partial(attempt, behind))

    assert [event.cause for event in world.events.of(DependencyCalled)] == ["ConnectionResetError", "503", ""]


async def test_an_attempt_without_an_answer_is_given_up() -> None:
    world = World()
    task = await world.start_hanging()

    world.hand.advance(2 + TICK)

    with pytest.raises(NoAnswer):
        await task
    assert world.events.events == called("timeout", "timeout", 2 + TICK)


async def test_after_a_timeout_the_task_counts_as_not_cancelled() -> None:
    world = World()

    async def run() -> int:
        with pytest.raises(Elapsed):
            await world.call("read", world.hang)
        task = asyncio.current_task()
        assert task is not None
        return task.cancelling()

    task = asyncio.create_task(run())
    await world.entered.wait()
    world.hand.advance(2 + TICK)

    assert await task == 0


async def test_a_cancellation_from_elsewhere_stays_one_and_is_measured() -> None:
    world = World()
    task = await world.start_hanging()

    task.cancel()

    with pytest.raises(asyncio.CancelledError):
        await task
    assert world.events.events == called("error", "cancelled")


async def test_a_cancellation_at_the_moment_of_the_timeout_stays_one() -> None:
    world = World()
    task = await world.start_hanging()

    world.hand.advance(2 + TICK)
    task.cancel()

    with pytest.raises(asyncio.CancelledError):
        await task


async def test_an_enclosing_timeout_is_not_taken_for_the_attempt_s() -> None:
    world = World()

    async def run() -> None:
        async with asyncio.timeout(None) as enclosing:
            loop = asyncio.get_running_loop()
            loop.call_soon(enclosing.reschedule, loop.time())
            await world.call("read", world.hang)

    with pytest.raises(TimeoutError):
        await run()


async def test_no_timer_is_left_after_a_call() -> None:
    world = World()

    await world.call("read", world.answer)

    assert world.senses.sweeper.pending == 1  # the breaker's next look at what is under way


async def test_past_the_deadline_nothing_is_begun() -> None:
    world = World()
    world.hand.advance(1)
    token = DEADLINE.set(0.5)

    with pytest.raises(Elapsed):
        await world.call("read", world.hang)

    DEADLINE.reset(token)
    assert (world.entered.is_set(), world.events.of(DependencyCalled)) == (False, called("timeout", "timeout"))


async def test_an_attempt_is_cut_short_at_the_caller_s_deadline() -> None:
    world = World()
    token = DEADLINE.set(0.3)
    task = await world.start_hanging()
    DEADLINE.reset(token)

    world.hand.advance(0.3 + TICK)

    with pytest.raises(CutShort):
        await task


async def test_the_policy_s_total_is_a_deadline_for_what_is_inside_and_for_nothing_else() -> None:
    world = World()

    async def look() -> float:
        return DEADLINE.get()

    assert (await world.call("read", look), DEADLINE.get()) == (10.0, math.inf)


async def test_a_nearer_deadline_of_the_caller_s_stays() -> None:
    world = World()
    token = DEADLINE.set(3.0)

    async def look() -> float:
        return DEADLINE.get()

    seen = await world.call("read", look)

    DEADLINE.reset(token)
    assert seen == 3.0


def test_an_attempt_has_time_for_its_acquire_its_query_and_the_answer_s_way() -> None:
    policy = PoolPolicy()

    assert policy.attempt_timeout_seconds > policy.acquire_timeout_seconds + policy.query_timeout_seconds
    assert policy.lock_timeout_seconds < policy.query_timeout_seconds
    assert policy.close_timeout_seconds > policy.attempt_timeout_seconds
