"""Several connects at once: the first to succeed counts, and nothing is left of the others."""

import asyncio
from functools import partial

import pytest

from middleware.errors import Unavailable
from storage.postgres.race import all_of, first_of
from tests.unit.pool_script import ScriptedConnection, ScriptedServer, settle, start

AT_ONCE = 0.0
NEVER = 1e6


async def test_only_the_first_is_asked_where_it_answers() -> None:
    first, second = ScriptedServer(), ScriptedServer()

    won = await first_of([first.connect, second.connect], delay_seconds=NEVER)

    assert (won, second.opened) == (first.opened[0], [])


async def test_the_next_is_asked_as_soon_as_one_refuses() -> None:
    first, second = ScriptedServer(), ScriptedServer()
    first.refusal = Unavailable()

    assert await first_of([first.connect, second.connect], delay_seconds=NEVER) is second.opened[0]


async def test_one_that_hangs_is_not_waited_for() -> None:
    hung, second = ScriptedServer(), ScriptedServer()
    hung.holding = True

    assert await first_of([hung.connect, second.connect], delay_seconds=AT_ONCE) is second.opened[0]
    assert hung.opened == []


async def test_where_all_refuse_the_last_one_s_reason_is_given() -> None:
    first, second = ScriptedServer(), ScriptedServer()
    first.refusal, second.refusal = Unavailable("first"), Unavailable("second")

    with pytest.raises(Unavailable, match="second"):
        await first_of([first.connect, second.connect], delay_seconds=NEVER)


async def test_a_connection_that_came_too_late_is_closed() -> None:
    late = ScriptedConnection(1)

    async def stubborn() -> ScriptedConnection:
        try:
            await asyncio.get_running_loop().create_future()
        except asyncio.CancelledError:
            return late
        raise AssertionError

    second = ScriptedServer()

    won = await first_of([stubborn, second.connect], delay_seconds=AT_ONCE)

    assert (won, late.closed) == (second.opened[0], True)


async def test_nobody_goes_on_connecting_for_a_caller_who_has_left() -> None:
    hung = ScriptedServer()
    hung.holding = True
    racing = start(first_of([hung.connect, hung.connect], delay_seconds=AT_ONCE))
    await settle()

    racing.cancel()
    await asyncio.wait([racing])

    assert hung.connecting == 0


@pytest.mark.parametrize("count", [1, 3])
async def test_any_number_may_take_part(count: int) -> None:
    server = ScriptedServer()

    await first_of([partial(server.connect)] * count, delay_seconds=NEVER)

    assert len(server.opened) == 1


async def test_all_that_answer_are_returned() -> None:
    first, second, third = ScriptedServer(), ScriptedServer(), ScriptedServer()
    second.refusal = Unavailable()

    found = await all_of([first.connect, second.connect, third.connect], patience_seconds=NEVER)

    assert set(found) == {*first.opened, *third.opened}


async def test_of_all_one_that_hangs_is_waited_for_only_as_long_as_patience_lasts() -> None:
    hung, second = ScriptedServer(), ScriptedServer()
    hung.holding = True

    found = await all_of([hung.connect, second.connect], patience_seconds=AT_ONCE)

    assert (found, hung.connecting) == (second.opened, 0)


async def test_where_none_of_all_can_be_had_one_s_reason_is_given() -> None:
    server = ScriptedServer()
    server.refusal = Unavailable("it is away")

    with pytest.raises(Unavailable, match="it is away"):
        await all_of([server.connect, server.connect], patience_seconds=NEVER)


async def test_what_all_have_got_is_closed_for_a_caller_who_has_left() -> None:
    hung, second = ScriptedServer(), ScriptedServer()
    hung.holding = True
    asking = start(all_of([hung.connect, second.connect], patience_seconds=NEVER))
    await settle()

    asking.cancel()
    await asyncio.wait([asking])

    assert (hung.connecting, [one.closed for one in second.opened]) == (0, [True])
