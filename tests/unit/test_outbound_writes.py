"""A write that has begun is seen through, whatever becomes of its caller."""

import asyncio

import pytest

from middleware.deadlines import DEADLINE
from middleware.errors import Unavailable
from middleware.outbound import outbound
from middleware.outbound.attempt_timeout import NoAnswer
from middleware.outbound.layer import Senses
from middleware.outbound.layer_policies import BulkheadPolicy, RetryPolicy, where_nothing_changed
from middleware.outbound.policy import Policy
from tests.hand_clock import HandClock
from tests.recorder import Recorder
from tests.unit.pool_script import settle, start


class World:
    """Writes, one at a time, to a backend that holds them until told."""

    def __init__(self) -> None:
        self.hand = HandClock(jitter=0.5)
        self.senses = Senses(observe=Recorder(), clock=self.hand.clock)
        policy = Policy(
            dependency="postgres",
            name="postgres.writes",
            attempt_timeout_seconds=2.0,
            is_seen_through=True,
            bulkhead=BulkheadPolicy(permits=1, waiters=5),
            retry=RetryPolicy(repeatable=where_nothing_changed),
        )
        self.permits = self.senses.permits_of(policy)
        self.call = outbound(policy, senses=self.senses)
        self.gate = asyncio.Event()
        self.failure: Exception | None = None
        self.begun = self.ended = 0

    async def write(self) -> str:
        self.begun += 1
        await self.gate.wait()
        if self.failure is not None:
            raise self.failure
        self.ended += 1
        return "written"

    async def begin(self) -> "asyncio.Task[str]":
        async def run() -> str:
            return await self.call("create", self.write)

        task = start(run())
        await settle()
        return task


async def leave(task: "asyncio.Task[str]") -> None:
    task.cancel()
    await asyncio.wait([task])


async def test_a_write_gives_its_result() -> None:
    world = World()
    task = await world.begin()

    world.gate.set()

    assert (await task, world.permits.free) == ("written", 1)


async def test_a_write_under_way_is_finished_though_its_caller_has_left() -> None:
    world = World()
    task = await world.begin()

    await leave(task)
    held = world.permits.free
    world.gate.set()
    await settle()

    assert (task.cancelled(), held, world.ended, world.permits.free) == (True, 0, 1, 1)
    assert world.senses.running == set()


async def test_a_write_that_waits_in_line_is_given_up_with_its_caller() -> None:
    world = World()
    first, second = await world.begin(), await world.begin()

    await leave(second)
    world.gate.set()
    await first

    assert (world.begun, world.permits.free) == (1, 1)


async def test_a_write_whose_caller_has_left_is_not_made_again() -> None:
    world = World()
    world.failure = Unavailable()
    task = await world.begin()

    await leave(task)
    world.gate.set()
    await settle()
    world.hand.advance(1)
    await settle()

    assert (world.begun, world.permits.free, world.senses.running) == (1, 1, set())


async def test_a_write_waiting_to_be_made_again_is_given_up_with_its_caller() -> None:
    world = World()
    world.failure = Unavailable()
    world.gate.set()
    task = await world.begin()

    await leave(task)

    assert (world.begun, world.permits.free, world.senses.running) == (1, 1, set())


async def test_a_write_under_way_is_not_cut_short_by_the_deadline_but_by_its_timeout() -> None:
    world = World()
    token = DEADLINE.set(0.5)
    task = await world.begin()
    DEADLINE.reset(token)

    world.hand.advance(1.9)
    await settle()
    under_way = not task.done()
    world.hand.advance(0.2)

    with pytest.raises(NoAnswer):
        await task
    assert (under_way, world.permits.free) == (True, 1)
