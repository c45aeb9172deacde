"""The retries: what is made again, when, and how much of it the process allows itself."""

import asyncio
from typing import Any

import pytest

from middleware.deadlines import DEADLINE
from middleware.errors import Conflict, Elapsed, OutcomeUnknown, Overloaded, Problem, SerializationFailure, Unavailable
from middleware.outbound.attempt_timeout import NoAnswer
from middleware.outbound.layer import Senses, straight
from middleware.outbound.layer_policies import (
    BreakerOpen,
    BulkheadPolicy,
    RetryPolicy,
    where_nothing_changed,
)
from middleware.outbound.policy import Policy, PoolPolicy, RedisPolicy
from middleware.outbound.retry import retry
from telemetry.events import Retried
from tests.hand_clock import HandClock
from tests.recorder import Recorder
from tests.unit.pool_script import settle, start


class World:
    """A backend that fails as it is told, behind the retries."""

    def __init__(self, *, jitter: float = 0.0, policy: Policy | None = None, **numbers: Any) -> None:
        self.hand = HandClock(jitter=jitter)
        self.events = Recorder()
        self.attempts = 0
        self.failures: list[Problem] = []
        self.senses = Senses(observe=self.events, clock=self.hand.clock)
        ours = Policy(
            dependency="postgres",
            name="postgres.reads",
            attempt_timeout_seconds=2.0,
            bulkhead=BulkheadPolicy(permits=1, waiters=0),
            retry=RetryPolicy(**{"repeatable": where_nothing_changed, **numbers}),
        )
        self.layer = retry(straight, policy or ours, senses=self.senses)

    async def backend(self) -> str:
        self.attempts += 1
        if self.failures:
            raise self.failures.pop(0)
        return "rows"

    def begin(self) -> "asyncio.Task[str]":
        async def run() -> str:
            return await self.layer("read", self.backend)

        return start(run())

    async def call(self, *failures: Problem) -> str:
        """Make a call whose attempts fail so, one after the other."""
        self.failures = list(failures)
        task = self.begin()
        await asyncio.sleep(0)
        while not task.done():
            self.hand.advance(0.02)
            await settle()
        return await task

    @property
    def outcomes(self) -> list[str]:
        return [event.outcome for event in self.events.of(Retried)]


async def test_a_call_that_succeeds_is_made_once() -> None:
    world = World()

    assert (await world.call(), world.attempts, world.outcomes) == ("rows", 1, [])


async def test_one_that_fails_is_made_again() -> None:
    world = World()

    assert await world.call(Unavailable(), SerializationFailure()) == "rows"
    assert (world.attempts, world.outcomes) == (3, ["error", "ok"])


async def test_after_the_last_attempt_its_error_is_the_call_s() -> None:
    world = World()
    last = Unavailable("the third")

    with pytest.raises(Unavailable) as caught:
        await world.call(Unavailable(), Unavailable(), last)

    assert (caught.value, world.attempts) == (last, 3)


@pytest.mark.parametrize(
    "failure",
    [OutcomeUnknown(), NoAnswer(), Elapsed(), Overloaded(), BreakerOpen(retry_after_seconds=1), Conflict()],
)
@pytest.mark.parametrize("policy", [PoolPolicy().reads("postgres"), PoolPolicy().writes("postgres")])
async def test_what_may_have_been_done_or_would_not_help_is_never_made_again(policy: Policy, failure: Problem) -> None:
    world = World(policy=policy)

    with pytest.raises(type(failure)):
        await world.call(failure)

    assert world.attempts == 1


async def test_a_write_that_finds_itself_is_made_again_though_it_may_have_been_done() -> None:
    world = World(policy=PoolPolicy().keyed_writes("postgres"))

    assert (await world.call(OutcomeUnknown()), world.attempts) == ("rows", 2)


@pytest.mark.parametrize("last", [Unavailable(), Overloaded(), BreakerOpen(retry_after_seconds=1), NoAnswer()])
async def test_what_may_have_been_done_stays_unknown_where_the_last_attempt_does_not_get_through(last: Problem) -> None:
    world = World(policy=PoolPolicy().keyed_writes("postgres"))

    with pytest.raises(OutcomeUnknown) as caught:
        await world.call(Unavailable(), OutcomeUnknown(), last)

    assert (caught.value.__cause__, world.attempts) == (last, 3)


async def test_what_may_have_been_done_is_known_where_the_last_attempt_says_so() -> None:
    world = World(policy=PoolPolicy().keyed_writes("postgres"))

    with pytest.raises(Conflict):
        await world.call(OutcomeUnknown(), Conflict())


@pytest.mark.parametrize("failure", [Unavailable(), Elapsed(), SerializationFailure()])
async def test_no_command_to_redis_is_made_again(failure: Problem) -> None:
    world = World(policy=RedisPolicy().commands())

    with pytest.raises(type(failure)):
        await world.call(failure)

    assert world.attempts == 1


@pytest.mark.parametrize(("jitter", "seconds"), [(0.0, 0.0), (0.5, 0.01), (1.0, 0.02)])
async def test_the_first_repeat_comes_any_time_within_the_backoff(jitter: float, seconds: float) -> None:
    world = World(jitter=jitter)
    world.failures = [Unavailable()]
    task = world.begin()
    await settle()
    world.hand.advance(seconds - 0.001)
    await settle()
    before = world.attempts
    world.hand.advance(0.001)

    assert (await task, before if seconds else 1) == ("rows", 1)


async def test_no_repeat_begins_past_the_deadline() -> None:
    world = World(jitter=1.0, backoff_seconds=0.5)
    token = DEADLINE.set(0.4)

    with pytest.raises(Unavailable):
        await world.call(Unavailable())

    DEADLINE.reset(token)
    assert world.attempts == 1


async def test_the_other_side_s_retry_after_is_waited_for() -> None:
    world = World()
    world.failures = [Unavailable(headers={"Retry-After": "3"})]
    task = world.begin()
    await settle()
    world.hand.advance(2.9)
    await settle()
    before = world.attempts
    world.hand.advance(0.2)

    assert (await task, before, world.attempts) == ("rows", 1, 2)


async def test_ten_thousand_calls_to_a_backend_that_fails_become_at_most_a_ninth_more() -> None:
    world = World()

    for _ in range(10_000):
        with pytest.raises(Unavailable):
            await world.call(Unavailable(), Unavailable(), Unavailable())

    assert 1.05 < world.attempts / 10_000 <= 1.11
    assert world.outcomes[-1] == "budget_spent"


async def test_a_call_cancelled_while_it_waits_to_be_made_again_is_not() -> None:
    world = World(jitter=1.0)
    world.failures = [Unavailable()]
    task = world.begin()
    await settle()

    task.cancel()
    await asyncio.wait([task])

    assert (task.cancelled(), world.attempts, world.hand.pending) == (True, 1, [])
