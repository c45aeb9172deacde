"""Callers who share one read: who waits, who leaves, whose deadline counts."""

import asyncio
import math

import pytest

from middleware.deadlines import DEADLINE
from middleware.errors import Unavailable
from storage.cache.flights import Flights, StillUnderWay

LATE_SECONDS = 60.0


class Source:
    """Answers when the test says so."""

    def __init__(self) -> None:
        self.calls = 0
        self.cancelled = 0
        self.may_answer = asyncio.Event()
        self.deadline = 0.0
        self.fails = False

    async def read(self) -> int:
        self.calls += 1
        self.deadline = DEADLINE.get()
        try:
            await self.may_answer.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        if self.fails:
            raise Unavailable
        return self.calls


async def turns(count: int = 3) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


async def answer(flights: Flights[int], source: Source, *, key: str = "k", patience_seconds: float = math.inf) -> int:
    flight, _ = flights.join(key, source.read)
    return await flight.answer(patience_seconds=patience_seconds)


async def test_callers_at_the_same_time_share_a_read_and_later_ones_begin_another() -> None:
    flights, source = Flights[int](), Source()
    waiting = [asyncio.create_task(answer(flights, source)) for _ in range(3)]
    await turns()
    source.may_answer.set()

    assert await asyncio.gather(*waiting) == [1, 1, 1]
    assert await answer(flights, source) == 2


@pytest.mark.parametrize(("is_late", "brought"), [(True, 1), (False, 2)])
async def test_who_is_late_is_given_what_has_been_brought_just_now(is_late: bool, brought: int) -> None:
    flights, source = Flights[int](late_seconds=LATE_SECONDS), Source()
    source.may_answer.set()
    await answer(flights, source)

    flight, is_shared = flights.join("k", source.read, is_late=is_late)

    assert (await flight.answer(), is_shared) == (brought, is_late)


async def test_what_has_failed_is_brought_to_nobody_who_comes_later() -> None:
    flights, source = Flights[int](late_seconds=LATE_SECONDS), Source()
    source.may_answer.set()
    source.fails = True
    with pytest.raises(Unavailable):
        await answer(flights, source)
    source.fails = False

    flight, is_shared = flights.join("k", source.read, is_late=True)

    assert (await flight.answer(), is_shared) == (2, False)


async def test_a_caller_that_leaves_takes_nothing_from_the_others() -> None:
    flights, source = Flights[int](), Source()
    leaving, staying = (asyncio.create_task(answer(flights, source)) for _ in range(2))
    await turns()
    leaving.cancel()
    await turns()
    source.may_answer.set()

    assert (await staying, source.cancelled) == (1, 0)


async def test_a_read_ends_with_the_last_of_its_callers_and_who_comes_then_begins_another() -> None:
    flights, source = Flights[int](), Source()
    leaving = asyncio.create_task(answer(flights, source))
    await turns()
    leaving.cancel()
    await turns(1)
    coming = asyncio.create_task(answer(flights, source))
    await turns()
    source.may_answer.set()

    assert (await coming, source.calls, source.cancelled) == (2, 2, 1)


async def test_who_can_do_without_waits_a_while_and_leaves_the_read_to_those_who_come_later() -> None:
    flights, source = Flights[int](), Source()

    with pytest.raises(StillUnderWay):
        await answer(flights, source, patience_seconds=0.0)
    coming = asyncio.create_task(answer(flights, source))
    await turns()
    source.may_answer.set()

    assert (await coming, source.calls) == (1, 1)


async def test_a_read_that_fails_fails_for_all_its_callers() -> None:
    flights, source = Flights[int](), Source()
    source.fails = True
    waiting = [asyncio.create_task(answer(flights, source)) for _ in range(2)]
    await turns()
    source.may_answer.set()

    results = await asyncio.gather(*waiting, return_exceptions=True)

    assert [type(result) for result in results] == [Unavailable, Unavailable]


async def test_a_shared_read_has_no_callers_deadline() -> None:
    flights, source = Flights[int](), Source()
    source.may_answer.set()
    token = DEADLINE.set(1.0)
    try:
        await answer(flights, source)
    finally:
        DEADLINE.reset(token)

    assert source.deadline == math.inf


async def test_when_the_service_stops_so_do_its_reads() -> None:
    flights, source = Flights[int](), Source()
    with pytest.raises(StillUnderWay):
        await answer(flights, source, patience_seconds=0.0)

    await flights.close()

    assert source.cancelled == 1
