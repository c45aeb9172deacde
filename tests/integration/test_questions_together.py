"""What is asked of a real Postgres together is answered as if each had asked alone."""

import asyncio
from collections.abc import AsyncIterator, Coroutine, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Annotated, Any, TypeVar

import pytest

from middleware.errors import NotFound
from middleware.outbound.layer import Senses
from middleware.outbound.layer_policies import TogetherPolicy
from middleware.outbound.permits import Permits
from middleware.outbound.policy import PoolPolicy
from server import ANYONE, Key, Model, Resource, Service
from server.declaration import checked
from server.record_tables import record_tables
from storage.listing import Listing, Order
from storage.postgres.pool import Pool
from storage.records import Records
from telemetry.events import ConnectionAcquired, DependencyCalled
from tests.integration.rest_client import make_tables
from tests.recorder import Recorder
from tests.unit.pool_script import settle, start

T = TypeVar("T")

CALLERS = 64
POLICY = PoolPolicy(
    minimum=1,
    maximum=2,
    acquire_timeout_seconds=60.0,
    together=TogetherPolicy(others=15, patience_seconds=60.0),
)
"""One read at a time, so that the others wait; sixteen of them are one statement, however slow this machine is."""


class Thing(Model):
    name: str


class Word(Model):
    text: Annotated[str, Key()]
    length: int


class Number(Model):
    number: Annotated[int, Key()]


ODD_WORDS = ("plain", 'quo"ted', "apos'trophe", "back\\slash", "com,ma", "{brace}", "NULL", "naïve ☃", " ")


@dataclass(frozen=True, slots=True, kw_only=True)
class Library:
    """Tables, the permits with which they are read, and what is told of it."""

    permits: Permits
    events: Recorder
    records: dict[type[Model], Records]

    async def at_once(self, reads: Iterable[Coroutine[Any, Any, T]]) -> list[T | BaseException]:
        """What they come to, which all wait before the first is made."""
        self.permits.free -= 1
        self.events.events.clear()
        tasks = [start(read) for read in reads]
        await settle()
        self.permits.give_back()
        return await asyncio.gather(*tasks, return_exceptions=True)


@asynccontextmanager
async def opened(database: str, events: Recorder, policy: PoolPolicy) -> AsyncIterator[Library]:
    models = (Thing, Word, Number)
    resources = [Resource(model, f"/{model.__name__.lower()}s", access=ANYONE) for model in models]
    declaration = checked(Service(name="library", resources=resources))
    await asyncio.to_thread(make_tables, declaration, database)
    senses = Senses(observe=events)
    pool = Pool(database, policy=policy, senses=senses)
    await pool.open()
    tables = record_tables(declaration.types)
    try:
        yield Library(
            permits=senses.permits_of(policy.reads("postgres")),
            events=events,
            records={model: Records(tables[model], pool) for model in models},
        )
    finally:
        await pool.close()


@pytest.fixture
async def library(database: str, events: Recorder) -> AsyncIterator[Library]:
    async with opened(database, events, POLICY) as library:
        yield library


async def test_many_reads_at_once_share_statements_and_each_gets_its_own_record(library: Library) -> None:
    records = library.records[Thing]
    made = [await records.create(Thing(name=f"thing {number}")) for number in range(CALLERS)]

    found = await library.at_once(records.read(one.key) for one in made)

    assert found == made
    assert [event.outcome for event in library.events.of(DependencyCalled)] == ["ok"] * CALLERS
    assert len(library.events.of(ConnectionAcquired)) == CALLERS / 16


async def test_reads_that_come_in_one_turn_share_statements_while_there_are_connections(
    database: str, events: Recorder
) -> None:
    async with opened(database, events, replace(POLICY, maximum=10)) as library:
        records = library.records[Thing]
        made = [await records.create(Thing(name=f"thing {number}")) for number in range(CALLERS)]

        found = await library.at_once(records.read(one.key) for one in made)

    assert found == made
    assert len(library.events.of(ConnectionAcquired)) == CALLERS / 16


async def test_of_those_who_ask_together_each_hears_of_what_is_not_there(library: Library) -> None:
    records = library.records[Thing]
    made = await records.create(Thing(name="the only one"))
    missing = "00000000-0000-7000-8000-000000000001"

    found = await library.at_once(records.read(key) for key in [made.key, missing] * 8)

    assert [made if one == made else type(one) for one in found] == [made, NotFound] * 8
    assert len(library.events.of(ConnectionAcquired)) == 1


async def test_keys_of_any_text_are_asked_for_together(library: Library) -> None:
    records = library.records[Word]
    made = [await records.create(Word(text=word, length=len(word))) for word in ODD_WORDS]

    found = await library.at_once(records.read(word) for word in ODD_WORDS)

    assert found == made
    assert len(library.events.of(ConnectionAcquired)) == 1


async def test_keys_that_are_numbers_are_asked_for_together(library: Library) -> None:
    records = library.records[Number]
    made = [await records.create(Number(number=number)) for number in (-(2**63), -1, 0, 1, 2**63 - 1)]

    found = await library.at_once(records.read(one.key) for one in made)

    assert found == made
    assert len(library.events.of(ConnectionAcquired)) == 1


async def test_whoever_reads_after_a_write_was_answered_sees_it_in_any_company(library: Library) -> None:
    records = library.records[Word]
    await records.create(Word(text="count", length=0))

    async def change(length: int) -> tuple[int, str]:
        changed = await records.change("count", {"length": length})
        read = await records.read("count")
        return int(changed.etag.partition(".")[0]), read.etag

    found = await asyncio.gather(*(change(number) for number in range(CALLERS)))

    assert [(version, tag) for version, tag in found if int(tag.partition(".")[0]) < version] == []


async def test_the_same_list_is_asked_for_once_by_those_who_wait(library: Library) -> None:
    records = library.records[Word]
    for word in ODD_WORDS:
        await records.create(Word(text=word, length=len(word)))
    short, long = (Listing(order=(Order(field=records.table.type.key),), limit=limit) for limit in (2, 5))
    alone = [await records.page(listing) for listing in (short, long)]

    found = await library.at_once(records.page(listing) for listing in [short, long] * 8)

    assert found == alone * 8
    assert len(library.events.of(ConnectionAcquired)) == 2
