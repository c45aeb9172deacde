"""The bulkhead: permits and the line of those who wait for one."""

import asyncio
import random
from typing import Any

import pytest

from middleware.deadlines import DEADLINE
from middleware.errors import Elapsed, Overloaded
from middleware.outbound.bulkhead import bulkhead
from middleware.outbound.layer import Senses, straight
from middleware.outbound.layer_policies import BreakerOpen, BulkheadPolicy
from middleware.outbound.policy import Policy
from telemetry.events import BulkheadRejected
from tests.hand_clock import HandClock
from tests.recorder import Recorder
from tests.unit.pool_script import settle, start


class World:
    """A bulkhead around a backend that holds every call until told."""

    def __init__(self, **numbers: Any) -> None:
        self.hand = HandClock()
        self.events = Recorder()
        self.senses = Senses(observe=self.events, clock=self.hand.clock)
        policy = Policy(
            dependency="postgres",
            name="postgres.reads",
            attempt_timeout_seconds=2.0,
            bulkhead=BulkheadPolicy(**{"permits": 1, "waiters": 5, **numbers}),
        )
        self.permits = self.senses.permits_of(policy)
        self.circuit = self.senses.breakers.of(policy)
        self.layer = bulkhead(straight, policy, senses=self.senses)
        self.entered: list[int] = []
        self.gates: dict[int, asyncio.Event] = {}

    async def call(self, number: int) -> int:
        gate = self.gates[number] = asyncio.Event()

        async def backend() -> int:
            self.entered.append(number)
            await gate.wait()
            return number

        return await self.layer("read", backend)

    async def begin(self, number: int) -> "asyncio.Task[int]":
        task = start(self.call(number))
        await settle()
        return task

    async def end(self, *numbers: int) -> None:
        for number in numbers:
            self.gates[number].set()
            await settle()


async def test_those_who_wait_are_served_in_the_order_they_came() -> None:
    world = World()
    tasks = [await world.begin(number) for number in range(5)]

    await world.end(*range(5))

    assert (await asyncio.gather(*tasks), world.entered) == (list(range(5)), list(range(5)))
    assert world.permits.free == 1


async def test_no_more_wait_than_may() -> None:
    world = World(waiters=1)
    tasks = [await world.begin(number) for number in range(2)]

    with pytest.raises(Overloaded):
        await world.call(2)

    assert world.events.events == [BulkheadRejected(name="postgres.reads", waited_seconds=0.0)]
    await world.end(0, 1)
    await asyncio.gather(*tasks)


async def test_nobody_waits_longer_than_the_budget() -> None:
    world = World(wait_seconds=1.0)
    holding, waiting = await world.begin(0), await world.begin(1)

    world.hand.advance(1.02)

    with pytest.raises(Overloaded):
        await waiting
    assert [round(event.waited_seconds) for event in world.events.of(BulkheadRejected)] == [1]
    await world.end(0)
    await holding
    assert world.permits.free == 1


async def test_nobody_waits_past_the_deadline() -> None:
    world = World(wait_seconds=1.0)
    holding = await world.begin(0)
    token = DEADLINE.set(0.1)
    waiting = await world.begin(1)
    DEADLINE.reset(token)

    world.hand.advance(0.12)

    with pytest.raises(Elapsed):
        await waiting
    await world.end(0)
    await holding


async def test_whoever_waits_when_the_breaker_opens_is_told_at_once() -> None:
    world = World()
    holding, waiting = await world.begin(0), await world.begin(1)

    world.circuit.set_force("forced_open")

    with pytest.raises(BreakerOpen):
        await waiting
    await world.end(0)
    await holding


async def test_nobody_waits_for_those_who_hang_while_the_breaker_is_open() -> None:
    world = World()
    holding = await world.begin(0)
    world.circuit.set_force("forced_open")

    with pytest.raises(BreakerOpen):
        await world.call(1)

    await world.end(0)
    await holding


async def test_whoever_is_cancelled_with_a_permit_just_handed_over_gives_it_back() -> None:
    world = World()
    holding, waiting = await world.begin(0), await world.begin(1)

    world.permits.give_back()
    waiting.cancel()
    await asyncio.wait([waiting])

    assert (waiting.cancelled(), world.entered, world.permits.free) == (True, [0], 1)
    world.permits.free -= 1
    await world.end(0)
    await holding


@pytest.mark.parametrize("seed", range(5))
async def test_two_hundred_callers_who_leave_as_they_like_lose_no_permit(seed: int) -> None:
    world = World(permits=3, waiters=200)
    chance = random.Random(seed)  # noqa: S311 - a test that can be run again
    tasks = [start(world.call(number)) for number in range(200)]
    await settle()
    waiting = list(tasks)
    while waiting:
        one = chance.choice(waiting)
        number = tasks.index(one)
        if chance.random() < 0.5:
            one.cancel()
        world.gates[number].set()
        await asyncio.sleep(0)
        waiting = [task for task in waiting if not task.done() and not world.gates[tasks.index(task)].is_set()]
    await asyncio.gather(*tasks, return_exceptions=True)

    assert world.permits.free == 3
