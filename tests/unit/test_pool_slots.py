"""The pool's scheduling: who gets which connection, and when."""

import asyncio
import random

import pytest

from middleware.errors import Bug, Overloaded, Problem, Unavailable
from telemetry.events import AcquireTimedOut, ConnectionAcquired, ConnectionDropped, ConnectionReleased
from tests.unit.pool_script import MakeBench, settle, start

TURNS_ENOUGH_FOR_ALL = 1000


async def test_an_idle_connection_is_had_at_once(make_bench: MakeBench) -> None:
    bench = make_bench()
    await bench.slots.open()

    slot = await bench.slots.acquire()

    assert slot.connection is bench.server.opened[0]
    assert bench.counts == (0, 1, 0)
    assert bench.events.of(ConnectionAcquired) == [ConnectionAcquired(pool="test", wait_seconds=0.0)]


async def test_a_release_tells_how_long_the_connection_was_used(make_bench: MakeBench) -> None:
    bench = make_bench()
    slot = await bench.slots.acquire()
    bench.hand.advance(3)

    bench.slots.release(slot)

    assert bench.counts == (1, 0, 0)
    assert bench.events.of(ConnectionReleased) == [ConnectionReleased(pool="test", use_seconds=3.0)]


async def test_a_second_release_of_the_same_connection_does_nothing(make_bench: MakeBench) -> None:
    bench = make_bench()
    slot = await bench.slots.acquire()
    bench.slots.release(slot)

    bench.slots.release(slot)

    assert bench.counts == (1, 0, 0)


async def test_the_connection_released_last_is_used_first(make_bench: MakeBench) -> None:
    bench = make_bench()
    first, second = await bench.slots.acquire(), await bench.slots.acquire()
    bench.slots.release(second)
    bench.slots.release(first)

    assert await bench.slots.acquire() is first


async def test_no_more_than_the_maximum_is_opened(make_bench: MakeBench) -> None:
    bench = make_bench(maximum=2)

    tasks = [start(bench.slots.acquire()) for _ in range(5)]
    await settle()

    assert (len(bench.server.opened), bench.counts) == (2, (0, 2, 3))
    for task in tasks:
        task.cancel()


async def test_waiters_are_served_in_the_order_they_came(make_bench: MakeBench) -> None:
    bench = make_bench(maximum=1)
    slot = await bench.slots.acquire()
    served: list[int] = []

    async def use(number: int) -> None:
        mine = await bench.slots.acquire()
        served.append(number)
        bench.slots.release(mine)

    tasks = [start(use(number)) for number in range(5)]
    await settle()

    bench.slots.release(slot)
    await asyncio.gather(*tasks)

    assert served == [0, 1, 2, 3, 4]


async def test_a_wait_tells_how_long_it_was(make_bench: MakeBench) -> None:
    bench = make_bench(maximum=1, acquire_timeout_seconds=10.0)
    slot = await bench.slots.acquire()
    waiting = start(bench.slots.acquire())
    await settle()
    bench.hand.advance(2)

    bench.slots.release(slot)
    await waiting

    assert bench.events.of(ConnectionAcquired)[-1] == ConnectionAcquired(pool="test", wait_seconds=2.0)


async def test_whoever_waits_too_long_is_told_there_is_no_room(make_bench: MakeBench) -> None:
    bench = make_bench(maximum=1, acquire_timeout_seconds=1.0)
    await bench.slots.acquire()
    waiting = start(bench.slots.acquire())
    await settle()

    bench.hand.advance(1)

    with pytest.raises(Overloaded):
        await waiting
    assert bench.counts == (0, 1, 0)
    assert bench.events.of(AcquireTimedOut) == [AcquireTimedOut(pool="test", waited_seconds=1.0)]


async def test_whoever_waits_too_long_for_a_first_connect_is_told_the_server_is_away(make_bench: MakeBench) -> None:
    bench = make_bench(acquire_timeout_seconds=1.0)
    bench.server.holding = True
    waiting = start(bench.slots.acquire())
    await settle()

    bench.hand.advance(1)

    with pytest.raises(Problem) as caught:
        await waiting
    assert type(caught.value) is Unavailable


async def test_a_connect_on_its_way_keeps_nobody_from_a_connection_released_meanwhile(
    make_bench: MakeBench,
) -> None:
    bench = make_bench(maximum=2)
    slot = await bench.slots.acquire()
    bench.server.holding = True
    waiting = start(bench.slots.acquire())
    await settle()

    bench.slots.release(slot)

    assert await waiting is slot
    bench.server.answer()
    await settle()
    assert bench.counts == (1, 1, 0)


async def test_a_refused_connect_is_told_to_all_who_wait_when_nothing_else_can_come(make_bench: MakeBench) -> None:
    bench = make_bench(maximum=2)
    bench.server.holding = True
    tasks = [start(bench.slots.acquire()) for _ in range(4)]
    await settle()
    bench.server.answer(refusal=Unavailable("away"))
    await settle()
    assert [task.done() for task in tasks] == [False] * 4

    bench.server.answer(refusal=Unavailable("away"))

    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert [str(result) for result in results] == ["away"] * 4
    assert len({id(result) for result in results}) == 4


async def test_a_refused_connect_leaves_those_waiting_who_can_still_get_a_used_connection(
    make_bench: MakeBench,
) -> None:
    bench = make_bench(maximum=2)
    slot = await bench.slots.acquire()
    bench.server.refusal = Overloaded()
    waiting = start(bench.slots.acquire())
    await settle()

    bench.slots.release(slot)

    assert await waiting is slot


async def test_a_bug_in_connecting_is_told_as_one(make_bench: MakeBench) -> None:
    bench = make_bench()
    bench.server.refusal = KeyError("oops")

    with pytest.raises(Bug) as caught:
        await bench.slots.acquire()

    assert repr(caught.value.__cause__) == "KeyError('oops')"


async def test_after_a_refused_connect_the_next_caller_tries_again(make_bench: MakeBench) -> None:
    bench = make_bench()
    bench.server.refusal = Unavailable()
    with pytest.raises(Unavailable):
        await bench.slots.acquire()
    bench.server.refusal = None

    slot = await bench.slots.acquire()

    assert slot.connection is bench.server.opened[0]


async def test_a_broken_connection_is_dropped_and_another_opened_for_whoever_waits(make_bench: MakeBench) -> None:
    bench = make_bench(maximum=1)
    slot = await bench.slots.acquire()
    waiting = start(bench.slots.acquire())
    await settle()
    slot.connection.fault = "broken"

    bench.slots.release(slot)

    assert (await waiting).connection is bench.server.opened[1]
    assert (slot.connection.closed, bench.counts) == (True, (0, 1, 0))
    assert bench.events.of(ConnectionDropped) == [ConnectionDropped(pool="test", reason="broken")]


async def test_a_connection_cut_by_a_cancellation_is_dropped_as_that(make_bench: MakeBench) -> None:
    bench = make_bench()
    slot = await bench.slots.acquire()
    slot.connection.fault = "cancelled"

    bench.slots.release(slot)

    assert bench.events.of(ConnectionDropped) == [ConnectionDropped(pool="test", reason="cancelled")]


async def test_an_idle_connection_that_broke_is_not_handed_out(make_bench: MakeBench) -> None:
    bench = make_bench(maximum=2)
    bench.slots.release(await bench.slots.acquire())
    bench.server.opened[0].fault = "broken"

    slot = await bench.slots.acquire()

    assert (slot.connection.number, bench.server.opened[0].closed) == (2, True)


async def test_a_waiter_cancelled_as_it_is_handed_a_connection_passes_it_on(make_bench: MakeBench) -> None:
    bench = make_bench(maximum=1)
    slot = await bench.slots.acquire()
    first, second = start(bench.slots.acquire()), start(bench.slots.acquire())
    await settle()

    bench.slots.release(slot)
    first.cancel()

    assert await second is slot
    assert first.cancelled()


async def test_a_cancelled_waiter_is_passed_over(make_bench: MakeBench) -> None:
    bench = make_bench(maximum=1)
    slot = await bench.slots.acquire()
    first, second = start(bench.slots.acquire()), start(bench.slots.acquire())
    await settle()

    first.cancel()
    bench.slots.release(slot)

    assert await second is slot
    assert bench.counts == (0, 1, 0)


async def test_a_waiter_cancelled_as_its_time_runs_out_leaves_nothing_behind(make_bench: MakeBench) -> None:
    bench = make_bench(maximum=1, acquire_timeout_seconds=1.0)
    slot = await bench.slots.acquire()
    waiting = start(bench.slots.acquire())
    await settle()

    bench.hand.advance(1)
    waiting.cancel()
    await asyncio.wait([waiting])
    bench.slots.release(slot)

    assert bench.counts == (1, 0, 0)


async def test_a_connect_outlives_the_waiter_it_was_begun_for(make_bench: MakeBench) -> None:
    bench = make_bench()
    bench.server.holding = True
    waiting = start(bench.slots.acquire())
    await settle()

    waiting.cancel()
    await asyncio.wait([waiting])
    bench.server.answer()
    await settle()

    assert bench.counts == (1, 0, 0)


@pytest.mark.parametrize("seed", range(10))
async def test_no_slot_is_ever_lost_whoever_is_cancelled_when(make_bench: MakeBench, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - a repeatable test needs no secret
    bench = make_bench(minimum=0, maximum=4, acquire_timeout_seconds=1000.0)
    most_used = 0

    async def use() -> None:
        nonlocal most_used
        slot = await bench.slots.acquire()
        most_used = max(most_used, bench.slots.size.used)
        try:
            for _ in range(chance.randrange(4)):
                await asyncio.sleep(0)
        finally:
            slot.connection.fault = chance.choice([None, None, None, "broken", "cancelled"])
            bench.slots.release(slot)

    tasks = [start(use()) for _ in range(200)]
    await asyncio.sleep(0)
    for doomed in chance.sample(tasks, 80):
        await asyncio.sleep(0)
        bench.server.refusal = Unavailable() if chance.random() < 0.1 else None
        doomed.cancel()
    bench.server.refusal = None
    for _ in range(TURNS_ENOUGH_FOR_ALL):
        await asyncio.sleep(0)

    idle, used, pending = bench.counts
    assert [task for task in tasks if not task.done()] == []
    await asyncio.gather(*tasks, return_exceptions=True)
    assert (used, pending, most_used, bench.hand.pending) == (0, 0, 4, [])
    assert idle == sum(not one.closed for one in bench.server.opened)
    assert len({await bench.slots.acquire() for _ in range(4)}) == 4
