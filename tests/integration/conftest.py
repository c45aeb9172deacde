"""Real servers for the tests: one embedded Postgres and one Valkey a session, a fresh database a test."""

import subprocess
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from psycopg2.extensions import make_dsn
from redis import asyncio as aioredis

from storage.embedded import EmbeddedStorage, Endpoints
from storage.embedded.account import account_for
from tests.integration.embedded_run import kill
from tests.integration.fast_folder import make_fast_folder
from tests.integration.processes import working_in
from tests.integration.rest_client import Client, served_service
from tests.integration.rest_service import declaration
from tests.integration.sql import run_sql
from tests.recorder import Recorder


@pytest.fixture(scope="session")
def fast_folder() -> Iterator[Path]:
    """The session's folder for all that its servers write."""
    with make_fast_folder() as folder:
        yield folder


@pytest.fixture
def data_dir(fast_folder: Path) -> Iterator[Path]:
    """The path of a data folder that does not exist yet, for a test that starts servers of its own.

    Whatever still works there afterwards is killed: a test that fails may have left a server hanging.
    """
    folder = fast_folder / uuid4().hex[:8]
    yield folder
    for pid in working_in(folder):
        kill(pid)


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
    await run_sql(postgres_dsn, f"CREATE DATABASE {name} OWNER mainstay")
    yield str(make_dsn(embedded.postgres_dsn, dbname=name))
    await run_sql(postgres_dsn, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
async def redis_url(embedded: Endpoints) -> str:
    """The URL of an empty Valkey."""
    async with aioredis.from_url(embedded.redis_url) as client:
        await client.flushall()
    return embedded.redis_url


@pytest.fixture
def stranger(data_dir: Path) -> Iterator[int]:
    """The pid of a live process that is none of ours, yet one the servers' account may signal."""
    account = account_for(data_dir)
    with subprocess.Popen(["sleep", "600"], user=None if account.is_us() else account.uid, cwd="/") as process:
        yield process.pid
        process.kill()


@pytest.fixture(scope="session")
async def served_warehouse(embedded: Endpoints, postgres_dsn: str) -> AsyncIterator[Client]:
    """The service of rest_service.py, served in this process for the whole session."""
    await run_sql(postgres_dsn, "CREATE DATABASE warehouse OWNER mainstay")
    async with served_service(declaration(), str(make_dsn(embedded.postgres_dsn, dbname="warehouse"))) as client:
        yield client


@pytest.fixture
async def warehouse(served_warehouse: Client) -> Client:
    """The same with nothing stored and nothing observed."""
    await served_warehouse.empty()
    served_warehouse.events.forget()
    return served_warehouse
