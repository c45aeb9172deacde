"""What is said of writes, by whom and when: at once, or again and again until it is heard."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest
from sqlalchemy import Column, Integer, MetaData, Table, select, text, update

from middleware.errors import Conflict, OutcomeUnknown, Problem, Unavailable
from middleware.suspension import Suspension
from storage.cache.answer_store import Found, Room
from storage.cache.invalidation import RECORDS_AT_ONCE, REPEAT_SECONDS, Change, Invalidation
from storage.cache.question import Question, Questions
from storage.cache.watched_writes import WatchedWrites
from storage.postgres.statement import Statement, compiled
from storage.runner import TransactionRunner
from telemetry.events import CacheInvalidated
from tests.hand_clock import HandClock
from tests.recorder import Recorder

QUESTIONS = Questions(b"secret")
LISTS, RECORDS = QUESTIONS.lists_of("thing"), QUESTIONS.records_of("thing")
THINGS = Table("thing", MetaData(), Column("id", Integer))
READ = compiled(select(THINGS))
SETTLING_SECONDS = 6.5


def writing(**marks: Any) -> Statement:
    made = compiled(update(THINGS).values(id=1))
    for name, value in {"returns_keys": True, **marks}.items():
        object.__setattr__(made, name, value)
    return made


class Told:
    """A store of which only `forget` is used; it remembers what it was told, or fails."""

    def __init__(self) -> None:
        self.told: list[tuple[list[str], list[str]]] = []
        self.failure: Problem | None = None
        self.tries = 0
        self.hangs_once = False

    async def forget(self, gone: Sequence[str], changed: Sequence[str] = ()) -> None:
        self.tries += 1
        if self.hangs_once:
            self.hangs_once = False
            await asyncio.Event().wait()
        if self.failure is not None:
            raise self.failure
        self.told.append((list(gone), list(changed)))

    async def look(self, question: Question) -> Found:
        raise NotImplementedError

    async def keep(self, question: Question, entry: bytes, *, generations: bytes, room: Room) -> bool:
        raise NotImplementedError

    async def lease(self, name: str) -> bool:
        raise NotImplementedError


class Bench:
    """An Invalidation with all that is around it."""

    def __init__(self) -> None:
        self.hand = HandClock()
        self.events = Recorder()
        self.store = Told()
        self.invalidation = Invalidation(
            self.store,
            QUESTIONS,
            observe=self.events,
            suspension=Suspension(now=self.hand.clock.now),
            clock=self.hand.clock,
        )

    @property
    def outcomes(self) -> list[str]:
        return [event.outcome for event in self.events.of(CacheInvalidated)]

    async def pass_time(self, seconds: float) -> None:
        for _ in range(5):
            await asyncio.sleep(0)
        self.hand.advance(seconds)
        for _ in range(5):
            await asyncio.sleep(0)


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    made = Bench()
    yield made
    await made.invalidation.close()


async def test_a_write_ends_the_lists_of_its_table_and_the_answers_about_its_record(bench: Bench) -> None:
    await bench.invalidation.make_known([Change(table="thing", key="7")])

    assert bench.store.told == [([LISTS], [QUESTIONS.record("thing", "7")])]
    assert bench.outcomes == ["ok"]


async def test_a_record_that_is_gone_goes_whole(bench: Bench) -> None:
    await bench.invalidation.make_known([Change(table="thing", key="7", is_gone=True)])

    assert bench.store.told == [([LISTS, QUESTIONS.record("thing", "7")], [])]


async def test_a_write_that_names_no_record_ends_all_of_its_table(bench: Bench) -> None:
    await bench.invalidation.make_known([Change(table="thing"), Change(table="thing", key="7")])

    assert bench.store.told == [([LISTS, RECORDS], [])]


async def test_a_transaction_of_many_records_ends_all_of_their_table(bench: Bench) -> None:
    await bench.invalidation.make_known([Change(table="thing", key=str(key)) for key in range(RECORDS_AT_ONCE + 1)])

    assert bench.store.told == [([LISTS, RECORDS], [])]


async def test_what_is_not_heard_is_owed_and_said_again_until_it_is(bench: Bench) -> None:
    bench.store.failure = Unavailable()
    await bench.invalidation.make_known([Change(table="thing", key="7")])
    await bench.pass_time(REPEAT_SECONDS)
    owed = bench.invalidation.is_owed(["thing"])
    bench.store.failure = None
    await bench.pass_time(REPEAT_SECONDS)

    assert (owed, bench.invalidation.is_owed(["thing"])) == (True, False)
    assert bench.store.told == [([LISTS, RECORDS], [])]
    assert bench.outcomes == ["owed", "repeated"]


async def test_what_is_owed_of_one_table_does_not_touch_the_others(bench: Bench) -> None:
    bench.store.failure = Unavailable()
    await bench.invalidation.make_known([Change(table="thing", key="7")])

    assert [bench.invalidation.is_owed(tables) for tables in (["maker"], ["maker", "thing"])] == [False, True]


async def test_while_redis_is_left_alone_writes_do_not_wait_for_it(bench: Bench) -> None:
    bench.store.failure = Unavailable()
    for _ in range(5):
        await bench.invalidation.make_known([Change(table="thing", key="7")])

    assert (bench.store.tries, bench.outcomes) == (1, ["owed"])


async def test_a_writer_that_leaves_while_its_write_is_made_known_still_has_it_made_known(bench: Bench) -> None:
    bench.store.hangs_once = True
    leaving = asyncio.create_task(bench.invalidation.make_known([Change(table="thing", key="7")]))
    await asyncio.sleep(0)
    leaving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await leaving
    await bench.pass_time(REPEAT_SECONDS)

    assert (bench.store.told, bench.outcomes) == ([([LISTS, RECORDS], [])], ["owed", "repeated"])


async def test_a_write_whose_end_nobody_saw_is_said_again_until_it_must_have_ended(bench: Bench) -> None:
    bench.invalidation.doubt(["thing"], seconds=2.5)
    for _ in range(6):
        await bench.pass_time(REPEAT_SECONDS)

    assert bench.store.told == [([LISTS, RECORDS], [])] * 4
    assert not bench.invalidation.is_owed(["thing"])


class Database:
    """A runner whose statements end as the test says."""

    def __init__(self, ends: object) -> None:
        self.ends = ends

    async def run(
        self, statement: Statement, parameters: Sequence[Any] = (), *, operation: str
    ) -> list[tuple[Any, ...]]:
        if isinstance(self.ends, BaseException):
            raise self.ends
        return self.ends  # type: ignore[return-value]  # what the test gave

    @asynccontextmanager
    async def transaction(self, *, operation: str = "transaction") -> AsyncIterator[TransactionRunner]:
        yield self


def watched(bench: Bench, ends: object) -> WatchedWrites:
    shown = frozenset({"thing"})
    return WatchedWrites(Database(ends), bench.invalidation, shown=shown, settling_seconds=SETTLING_SECONDS)


CHANGED = ([LISTS], [QUESTIONS.record("thing", "7")])


@pytest.mark.parametrize(
    ("statement", "rows", "told"),
    [
        (READ, [(b"{}", b"1.a", b"7")], []),
        (writing(), [(b"{}", b"1.a", b"7")], [CHANGED]),
        (writing(), [], []),
        (writing(deletes=True), [(b"7",)], [([LISTS, QUESTIONS.record("thing", "7")], [])]),
        (writing(returns_keys=False), [], [([LISTS, RECORDS], [])]),
        (writing(tables=("other",)), [(b"7",)], []),
        (compiled(text("SELECT do_something()")), [], [([LISTS, RECORDS], [])]),
    ],
    ids=["a read", "a write", "of nothing", "a delete", "of unknown records", "of what nobody caches", "of anything"],
)
async def test_a_statement_is_made_known_as_far_as_it_says_what_it_writes(
    bench: Bench, statement: Statement, rows: list[tuple[bytes, ...]], told: list[object]
) -> None:
    assert await watched(bench, rows).run(statement, operation="x") == rows
    async with watched(bench, rows).transaction() as runner:
        await runner.run(statement, operation="x")

    assert bench.store.told == told * 2


@pytest.mark.parametrize("failure", [OutcomeUnknown(), asyncio.CancelledError()])
async def test_a_write_that_may_yet_take_effect_is_said_again(bench: Bench, failure: BaseException) -> None:
    with pytest.raises(type(failure)):
        await watched(bench, failure).run(writing(), operation="x")
    await bench.pass_time(SETTLING_SECONDS + REPEAT_SECONDS)

    assert bench.store.told[0] == ([LISTS, RECORDS], [])


async def transaction_that_ends(bench: Bench, failure: BaseException) -> None:
    """One that has written a record, and then this."""
    async with watched(bench, [(b"7",)]).transaction() as runner:
        await runner.run(writing(), operation="x")
        raise failure


async def test_a_transaction_that_may_yet_take_effect_is_said_again(bench: Bench) -> None:
    with pytest.raises(asyncio.CancelledError):
        await transaction_that_ends(bench, asyncio.CancelledError())
    await bench.pass_time(0)

    assert bench.store.told == [([LISTS, RECORDS], [])]


async def test_a_write_that_was_refused_is_not_made_known(bench: Bench) -> None:
    with pytest.raises(Conflict):
        await watched(bench, Conflict()).run(writing(), operation="x")
    with pytest.raises(LookupError):
        await transaction_that_ends(bench, LookupError())

    assert (bench.store.tries, bench.outcomes) == (0, [])
