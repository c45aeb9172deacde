"""A start that is to wait does so until somebody else has migrated, and has given its role its rights."""

import asyncio
from collections.abc import AsyncIterator
from uuid import uuid4

import pytest
from psycopg2.extensions import make_dsn

from server.schema_start import SchemaStart
from server.settings import Settings
from storage.migrations.serving_rights import grant_missing
from storage.migrations.session import connected
from storage.tables.schema import tables
from telemetry.events import SchemaAwaited
from tests.integration.processes import until
from tests.integration.sql import run_sql
from tests.integration.staffing import DECLARATION, bring_tables
from tests.recorder import Recorder


@pytest.fixture
async def role(postgres_dsn: str) -> AsyncIterator[str]:
    """A role that may nothing yet; gone after the database in which it has rights."""
    name = f"app_{uuid4().hex}"
    await run_sql(postgres_dsn, f"CREATE ROLE {name} LOGIN")
    yield name
    await run_sql(postgres_dsn, f"DROP ROLE {name}")


async def test_it_waits_for_the_tables_and_then_for_its_rights_and_says_so_once(role: str, database: str) -> None:
    events, looked = Recorder(), 0

    async def look_again(_: float) -> None:
        nonlocal looked
        looked += 1
        await asyncio.sleep(0)

    async def looked_twice() -> None:
        """The second look begins after the call."""
        seen = looked
        await until(lambda: looked >= seen + 2 or waiting.done())

    start = SchemaStart(declaration=DECLARATION, settings=Settings(migrate="wait"), observe=events, sleep=look_again)
    waiting = asyncio.create_task(start.run(make_dsn(database, user=role), serving_dsn=make_dsn(database, user=role)))
    await looked_twice()
    await bring_tables(database)
    await looked_twice()
    was_waiting = not waiting.done()
    with connected(database) as session:
        grant_missing(session, role, tables=tables(DECLARATION.types).tables)
    secret = await waiting

    assert was_waiting
    assert secret
    (told,) = events.of(SchemaAwaited)
    assert told.reason.startswith("The database does not hold the tables this service declares.")
