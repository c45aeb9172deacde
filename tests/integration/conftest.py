"""Real servers for the tests: one embedded Postgres and one Valkey a session, a fresh database a test."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path
from uuid import uuid4

import psycopg2
import pytest
from psycopg2.extensions import make_dsn
from redis import asyncio as aioredis

from storage.embedded import EmbeddedStorage, Endpoints
from tests.recorder import Recorder


@pytest.fixture(scope="session")
async def embedded(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Endpoints]:
    """The session's servers; killed with the test run, however it ends."""
    data_dir: Path = tmp_path_factory.mktemp("embedded")
    async with EmbeddedStorage(data_dir, observe=Recorder()) as endpoints:
        yield endpoints


@pytest.fixture(scope="session")
def postgres_dsn(embedded: Endpoints) -> str:
    """The superuser's DSN; tests of the product want `database`."""
    return str(make_dsn(embedded.postgres_dsn, user="postgres", dbname="postgres"))


@pytest.fixture
async def database(embedded: Endpoints, postgres_dsn: str) -> AsyncIterator[str]:
    """The DSN of a fresh, empty database owned by its role; dropped afterwards, connections or not."""
    name = f"test_{uuid4().hex}"
    await asyncio.to_thread(run_sql, postgres_dsn, f"CREATE DATABASE {name} OWNER mainstay")
    yield str(make_dsn(embedded.postgres_dsn, dbname=name))
    await asyncio.to_thread(run_sql, postgres_dsn, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
async def redis_url(embedded: Endpoints) -> str:
    """The URL of an empty Valkey."""
    async with aioredis.from_url(embedded.redis_url) as client:
        await client.flushall()
    return embedded.redis_url


def run_sql(dsn: str, statement: str) -> None:
    """Run one statement on a connection of its own, outside a transaction; blocks."""
    with closing(psycopg2.connect(dsn)) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(statement)
