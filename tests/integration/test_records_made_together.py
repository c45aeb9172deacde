"""What is made together in a real Postgres is written once, and answered as if each had been made alone."""

import asyncio
from collections.abc import AsyncIterator, Coroutine, Iterable, Iterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Annotated, Any, TypeVar
from uuid import UUID

import orjson
import psycopg2
import pytest
from pydantic import Field

from middleware.errors import Invalid
from middleware.outbound.layer import Senses
from middleware.outbound.permits import Permits
from middleware.outbound.policy import PoolPolicy
from server import ANYONE, Model, Reference, Resource, Service, Unique
from server.declaration import checked
from server.record_tables import record_tables
from storage.creates_together import CreatesTogether, unwatched
from storage.postgres.pool import Pool
from storage.records import Records
from storage.uuid7 import uuid7
from telemetry.events import ConnectionAcquired, DependencyCalled
from tests.integration.forgetful_proxy import forgetful_proxy
from tests.integration.rest_client import make_tables
from tests.integration.sql import ask
from tests.recorder import Recorder
from tests.unit.pool_script import settle, start

T = TypeVar("T")

CALLERS = 64
POLICY = PoolPolicy(
    minimum=1, maximum=4, acquire_timeout_seconds=60.0, query_timeout_seconds=60.0, lock_timeout_seconds=60.0
)
"""Two writes at a time, so that the others wait, however slow this machine is."""


class Shelf(Model):
    name: str


class Part(Model):
    name: Annotated[str, Unique()]
    shelf_id: Annotated[UUID | None, Reference(Shelf)] = None


class Whole(Model):
    text: str
    flag: bool
    ratio: float
    price: Annotated[Decimal | None, Field(max_digits=8, decimal_places=2)] = None
    day: date | None = None
    instant: datetime | None = None
    tags: list[str]
    more: dict[str, Any]


_OWN = {"id", "created_at", "updated_at"}
ODD_TEXTS = ("plain", 'quo"ted', "apos'trophe", "back\\slash", "com,ma", "{brace}", "NULL", "null", "naïve ☃", " ", "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Library:
    """Tables, the permits with which they are written, and what is told of it."""

    permits: Permits
    events: Recorder
    pool: Pool
    records: dict[type[Model], Records]
    alone: dict[type[Model], Records]
    """The same, by a way on which nobody has company."""

    async def begun(self, writes: Iterable[Coroutine[Any, Any, T]]) -> "list[asyncio.Task[T]]":
        """All of them, which wait before the first is made."""
        free, self.permits.free = self.permits.free, 0
        self.events.forget()
        tasks = [start(write) for write in writes]
        await settle()
        for _ in range(free):
            self.permits.give_back()
        return tasks

    async def at_once(self, writes: Iterable[Coroutine[Any, Any, T]]) -> list[T | BaseException]:
        """What they come to, likewise."""
        return await asyncio.gather(*await self.begun(writes), return_exceptions=True)


def tables_in(database: str) -> dict[type[Model], Any]:
    """The tables of the models above, which are made."""
    resources = [Resource(model, f"/{model.__name__.lower()}s", access=ANYONE) for model in (Shelf, Part, Whole)]
    declaration = checked(Service(name="library", resources=resources))
    make_tables(declaration, database)
    return dict(record_tables(declaration.types))


@asynccontextmanager
async def library_at(dsn: str, tables: dict[type[Model], Any], events: Recorder) -> AsyncIterator[Library]:
    senses = Senses(observe=events)
    pool = Pool(dsn, policy=POLICY, senses=senses)
    await pool.open()
    runner = CreatesTogether(pool, pool, watch=unwatched, senses=senses)
    yield Library(
        permits=senses.permits_of(POLICY.writes("postgres")),
        events=events,
        pool=pool,
        records={model: Records(table, runner) for model, table in tables.items()},
        alone={model: Records(table, pool) for model, table in tables.items()},
    )
    await pool.close()


@pytest.fixture
async def library(database: str, events: Recorder) -> AsyncIterator[Library]:
    async with library_at(database, await asyncio.to_thread(tables_in, database), events) as made:
        yield made


def wholes() -> Iterator[Whole]:
    """Records with keys of their own, and all that JSON and arrays have signs for."""
    for place, text in enumerate(ODD_TEXTS):
        is_odd = bool(place % 2)
        yield Whole(
            text=text,
            flag=is_odd,
            ratio=place / 7,
            price=None if is_odd else Decimal("12.5"),
            day=date(2026, 1, 31) if is_odd else None,
            instant=datetime(2026, 1, 31, 23, 59, tzinfo=UTC) if is_odd else None,
            tags=[*ODD_TEXTS[:place]],
            more={"text": text, "list": [place, None, {"deep": text}]},
        )


def content(found: Any) -> dict[str, object]:
    """Of a record all but what tells it from its twin."""
    return {name: value for name, value in orjson.loads(found.body).items() if name not in _OWN}


def names(found: Iterable[Any]) -> Iterator[str]:
    """Of records their names, of errors their classes'."""
    for one in found:
        yield type(one).__name__ if isinstance(one, BaseException) else orjson.loads(one.body)["name"]


async def test_many_at_once_share_statements_and_each_gets_its_own_record(library: Library) -> None:
    records = library.records[Part]
    wanted = [f"part {number}" for number in range(CALLERS)]

    found = await library.at_once(records.create(Part(name=name)) for name in wanted)

    assert [*names(found)] == wanted
    assert [event.outcome for event in library.events.of(DependencyCalled)] == ["ok"] * CALLERS
    assert len(library.events.of(ConnectionAcquired)) == CALLERS / 16
    assert [await library.alone[Part].read(one.key) for one in found if not isinstance(one, BaseException)] == found


async def test_whatever_is_stored_is_what_would_have_been_stored_alone(library: Library) -> None:
    found = await library.at_once(library.records[Whole].create(one) for one in wholes())

    alone = [await library.alone[Whole].create(one) for one in wholes()]
    assert [content(one) for one in found] == [content(one) for one in alone]
    assert len(library.events.of(ConnectionAcquired)) == 1 + len(alone)


async def test_of_those_with_the_same_name_one_is_made_and_the_others_are_told_of_the_conflict(
    library: Library,
) -> None:
    records = library.records[Part]
    await records.create(Part(name="there"))

    found = await library.at_once(records.create(Part(name=name)) for name in ["new", "twice", "there", "twice"])

    assert [*names(found)] == ["new", "twice", "Conflict", "Conflict"]


async def test_a_reference_to_nothing_is_told_to_who_made_it_alone(library: Library) -> None:
    records, nowhere = library.records[Part], UUID("00000000-0000-7000-8000-000000000001")
    shelf = await library.records[Shelf].create(Shelf(name="first"))
    places = [UUID(shelf.key), nowhere, None]

    found = await library.at_once(records.create(Part(name=f"at {place}", shelf_id=place)) for place in places)

    assert [*names(found)] == [f"at {shelf.key}", "Conflict", "at None"]


async def test_a_text_that_cannot_be_stored_is_told_to_who_sent_it_alone(library: Library) -> None:
    statement = library.alone[Part].table.statements.insert(("id", "name"))
    runner = library.records[Part].runner

    found = await library.at_once(
        runner.run(statement, (str(uuid7()), name), operation="create") for name in ["a", "b\0", "c"]
    )

    assert [type(one) for one in found] == [list, Invalid, list]


async def test_who_waits_for_a_lock_keeps_nobody_else_waiting(library: Library, database: str) -> None:
    records = library.records[Part]
    with closing(psycopg2.connect(database)) as somebody:
        somebody.cursor().execute("INSERT INTO part (id, name) VALUES (gen_random_uuid(), 'held')")  # and not done yet
        tasks = await library.begun(records.create(Part(name=name)) for name in ["a", "held", "c"])

        others = await asyncio.gather(tasks[0], tasks[2])

        assert ([*names(others)], tasks[1].done()) == (["a", "c"], False)
        somebody.rollback()
        assert [*names([await tasks[1]])] == ["held"]


async def test_where_the_answer_is_lost_each_is_told_so_and_each_record_is_there_once(
    database: str, events: Recorder
) -> None:
    tables = await asyncio.to_thread(tables_in, database)
    async with forgetful_proxy(database) as (proxy, dsn), library_at(dsn, tables, events) as library:
        proxy.lose_answer_to(b"EXECUTE")

        found = await library.at_once(library.records[Part].create(Part(name=name)) for name in ["a", "b", "c"])

    assert [*names(found)] == ["OutcomeUnknown"] * 3
    assert await ask(database, "SELECT count(*), count(DISTINCT name) FROM part") == (3, 3)
