"""The pool's scheduling: how its connections come and go."""

import pytest

from middleware.errors import Overloaded, Unavailable
from telemetry.events import ConnectionDropped, ConnectionOpened
from tests.unit.pool_script import MakeBench, ScriptedConnection, settle, start


async def test_opening_opens_the_minimum(make_bench: MakeBench) -> None:
    bench = make_bench(minimum=2, maximum=5)

    await bench.slots.open()

    assert bench.counts == (2, 0, 0)
    assert bench.events.of(ConnectionOpened) == [ConnectionOpened(pool="test", duration_seconds=0.0)] * 2


async def test_opening_against_a_dead_server_raises_why_and_leaves_nothing(make_bench: MakeBench) -> None:
    bench = make_bench(minimum=2)
    bench.server.refusal = Unavailable("nobody there")

    with pytest.raises(Unavailable, match="nobody there"):
        await bench.slots.open()

    assert (bench.counts, bench.hand.pending) == ((0, 0, 0), [])


async def test_opening_may_be_tried_again(make_bench: MakeBench) -> None:
    bench = make_bench(minimum=1)
    bench.server.refusal = Unavailable()
    with pytest.raises(Unavailable):
        await bench.slots.open()
    bench.server.refusal = None

    await bench.slots.open()

    assert bench.counts == (1, 0, 0)


async def test_opening_that_fails_for_one_of_two_closes_the_other(make_bench: MakeBench) -> None:
    bench = make_bench(minimum=2)
    bench.server.holding = True
    opening = start(bench.slots.open())
    await settle()
    bench.server.answer()
    await settle()
    bench.server.answer(refusal=Overloaded("no room"))

    with pytest.raises(Overloaded, match="no room"):
        await opening

    assert (bench.counts, [one.closed for one in bench.server.opened]) == ((0, 0, 0), [True])


async def test_a_connection_past_its_life_is_dropped_on_release(make_bench: MakeBench) -> None:
    bench = make_bench(lifetime_seconds=100.0, lifetime_jitter_ratio=0.1, jitter=0.5)
    slot = await bench.slots.acquire()
    bench.hand.advance(95)

    bench.slots.release(slot)

    assert bench.counts == (0, 0, 0)
    assert bench.events.of(ConnectionDropped) == [ConnectionDropped(pool="test", reason="expired")]


async def test_a_connection_within_its_jittered_life_is_kept(make_bench: MakeBench) -> None:
    bench = make_bench(lifetime_seconds=100.0, lifetime_jitter_ratio=0.1, jitter=0.5)
    slot = await bench.slots.acquire()
    bench.hand.advance(94.9)

    bench.slots.release(slot)

    assert bench.counts == (1, 0, 0)


async def test_idle_connections_above_the_minimum_are_closed_oldest_first(make_bench: MakeBench) -> None:
    bench = make_bench(minimum=1, maximum=3, idle_seconds=60.0, tend_interval_seconds=1.0)
    await bench.slots.open()
    slots = [await bench.slots.acquire() for _ in range(3)]
    for slot in slots:
        bench.slots.release(slot)

    bench.hand.advance(60)

    assert [one.closed for one in bench.server.opened] == [True, True, False]
    assert bench.counts == (1, 0, 0)


async def test_an_expired_idle_connection_is_replaced_without_anybody_asking(make_bench: MakeBench) -> None:
    bench = make_bench(minimum=1, lifetime_seconds=100.0, tend_interval_seconds=1.0)
    await bench.slots.open()

    bench.hand.advance(100)
    await settle()

    assert ([one.closed for one in bench.server.opened], bench.counts) == ([True, False], (1, 0, 0))


async def test_after_a_server_took_no_write_none_of_the_connections_made_before_is_used(make_bench: MakeBench) -> None:
    bench = make_bench(maximum=3)
    slots = [await bench.slots.acquire() for _ in range(3)]
    bench.slots.release(slots[0])
    bench.hand.advance(1)
    bench.server.opened[1].fault = "read_only"
    for slot in slots[1:]:
        bench.slots.release(slot)

    used = await bench.slots.acquire()

    assert used.connection is bench.server.opened[3]
    assert bench.events.of(ConnectionDropped) == [ConnectionDropped(pool="test", reason="read_only")] * 3


async def test_connections_come_back_by_themselves_after_the_server_does(make_bench: MakeBench) -> None:
    bench = make_bench(minimum=1, tend_interval_seconds=1.0)
    await bench.slots.open()
    bench.server.opened[0].fault = "broken"
    bench.server.refusal = Unavailable()
    bench.hand.advance(1)
    await settle()
    assert bench.counts == (0, 0, 0)
    bench.server.refusal = None

    bench.hand.advance(1)
    await settle()

    assert bench.counts == (1, 0, 0)


async def test_closing_refuses_new_callers_and_those_who_wait(make_bench: MakeBench) -> None:
    bench = make_bench(maximum=1)
    slot = await bench.slots.acquire()
    waiting = start(bench.slots.acquire())
    await settle()

    closing = start(bench.slots.close())
    await settle()

    with pytest.raises(Unavailable, match="closed"):
        await waiting
    with pytest.raises(Unavailable, match="closed"):
        await bench.slots.acquire()
    assert not closing.done()
    bench.slots.release(slot)
    await closing


async def test_closing_waits_for_a_connection_in_use(make_bench: MakeBench) -> None:
    bench = make_bench()
    slot = await bench.slots.acquire()
    closing = start(bench.slots.close())
    await settle()

    bench.slots.release(slot)
    await closing

    assert (slot.connection.closed, bench.counts) == (True, (0, 0, 0))
    assert bench.events.of(ConnectionDropped) == [ConnectionDropped(pool="test", reason="closing")]


async def test_closing_drops_what_is_still_used_when_its_budget_ends(make_bench: MakeBench) -> None:
    bench = make_bench(close_timeout_seconds=10.0)
    slot = await bench.slots.acquire()
    closing = start(bench.slots.close())
    await settle()

    bench.hand.advance(10)
    await closing

    bench.slots.release(slot)
    assert (slot.connection.closed, bench.counts) == (True, (0, 0, 0))
    assert bench.events.of(ConnectionDropped) == [ConnectionDropped(pool="test", reason="closing")]


async def test_closing_gives_up_connects_on_their_way(make_bench: MakeBench) -> None:
    bench = make_bench()
    bench.server.holding = True
    waiting = start(bench.slots.acquire())
    await settle()

    await bench.slots.close()

    with pytest.raises(Unavailable):
        await waiting
    assert (bench.counts, bench.server.opened, bench.hand.pending) == ((0, 0, 0), [], [])


async def test_a_connection_that_somebody_else_opened_is_used(make_bench: MakeBench) -> None:
    bench = make_bench(maximum=2)
    welcome = ScriptedConnection(7)

    bench.slots.welcome(welcome)

    assert (await bench.slots.acquire()).connection is welcome


async def test_one_there_is_no_room_for_is_closed(make_bench: MakeBench) -> None:
    bench = make_bench(maximum=1)
    await bench.slots.acquire()
    welcome = ScriptedConnection(7)

    bench.slots.welcome(welcome)

    assert (welcome.closed, bench.counts) == (True, (0, 1, 0))


async def test_who_waits_for_a_server_whose_place_was_taken_waits_no_longer(make_bench: MakeBench) -> None:
    bench = make_bench(maximum=2)
    old = await bench.slots.acquire()
    old.connection.is_superseded = True

    bench.slots.welcome(ScriptedConnection(7))

    assert old.connection.closed
