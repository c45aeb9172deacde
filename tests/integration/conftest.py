"""Real servers for the tests: one embedded Postgres and one Valkey a session, a fresh database a test."""

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from pathlib import Path
from uuid import uuid4

import psycopg2
import pytest
from psycopg2.extensions import make_dsn
from redis import asyncio as aioredis

from storage.embedded import EmbeddedStorage, Endpoints
from tests.recorder import Recorder

_IN_MEMORY = Path("/dev/shm")  # noqa: S108 - mkdtemp makes a private folder there
_ENOUGH_BYTES = 2**30


@pytest.fixture(scope="session")
def fast_folder() -> Iterator[Path]:
    """A folder for clusters: in memory where there is room, for a database made there takes 25 ms instead of 150."""
    roomy = _IN_MEMORY.is_dir() and shutil.disk_usage(_IN_MEMORY).free >= _ENOUGH_BYTES
    with tempfile.TemporaryDirectory(prefix="mainstay-tests-", dir=_IN_MEMORY if roomy else None) as folder:
        yield Path(folder)


@pytest.fixture
def data_dir(fast_folder: Path) -> Path:
    """The path of a data folder that does not exist yet, for a test that starts servers of its own."""
    return fast_folder / uuid4().hex[:8]


@pytest.fixture(scope="session")
async def embedded(fast_folder: Path) -> AsyncIterator[Endpoints]:
    """The session's servers; they die with the test run, however it ends."""
    async with EmbeddedStorage(fast_folder / "session", observe=Recorder()) as endpoints:
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
