"""Postgres is there and refuses: sessions ended, no writes, no connection to spare, a table locked."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import closing, suppress
from pathlib import Path

import aiohttp
import psycopg2
import pytest
from psycopg2.extensions import parse_dsn

from storage.embedded import Endpoints
from tests.acceptance.open_loop import OpenLoop, Seen, quantile_seconds, statuses
from tests.acceptance.service_process import ServiceProcess, service
from tests.integration.sql import ask, run_sql

pytestmark = pytest.mark.alone

QUICKSTART = Path(__file__).parents[2] / "examples/quickstart/service.py"
LIST = "/products?limit=5"
PRODUCT = {"sku": "LOOP", "name": "chair", "price": "9.90"}
END_SESSIONS = """
    SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = %r AND pid <> pg_backend_pid()
"""
BUSY = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
END_EVERY_SECONDS = 0.05
GONE_WITHIN_SECONDS = 0.3


@pytest.fixture
async def running(data_dir: Path, database: str, embedded: Endpoints) -> AsyncIterator[ServiceProcess]:
    """A service over a database that a test may spoil."""
    given = {"POSTGRES_DSN": database, "REDIS_URL": embedded.redis_url, "MIGRATE": "safe"}
    async with service(QUICKSTART, data_dir, **given) as found:
        yield found


@pytest.fixture
def name(database: str) -> str:
    """The database's name."""
    return str(parse_dsn(database)["dbname"])


async def load(running: ServiceProcess, seconds: float) -> tuple[list[Seen], list[Seen]]:
    """Reads and writes at once: what was seen of each."""
    reads = OpenLoop(base_url=running.base_url, path=LIST, per_second=50)
    writes = OpenLoop(base_url=running.base_url, path="/products", per_second=20, body=PRODUCT)
    seen_reads, seen_writes = await asyncio.gather(reads(seconds), writes(seconds))
    return seen_reads, seen_writes


async def test_sessions_that_are_ended_all_the_time_never_show_as_a_bug(
    running: ServiceProcess, name: str, postgres_dsn: str
) -> None:
    async def end_sessions() -> None:
        while True:
            await run_sql(postgres_dsn, END_SESSIONS % name)
            await asyncio.sleep(END_EVERY_SECONDS)

    ending = asyncio.create_task(end_sessions())
    reads, writes = await load(running, 3.0)
    ending.cancel()
    with suppress(asyncio.CancelledError):
        await ending
    after_reads, after_writes = await load(running, 1.0)

    assert statuses(reads) <= {200, 503, 504}  # a new session may take too long where much else runs
    assert statuses(writes) <= {201, 503, 504}
    assert after_reads[-1].status == 200
    assert after_writes[-1].status in (201, 409)


async def test_a_database_that_takes_no_writes_is_read_on(
    running: ServiceProcess, name: str, postgres_dsn: str
) -> None:
    await run_sql(postgres_dsn, f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    await run_sql(postgres_dsn, END_SESSIONS % name)
    reads, writes = await load(running, 2.0)
    await run_sql(postgres_dsn, f"ALTER DATABASE {name} RESET default_transaction_read_only")
    after_reads, after_writes = await load(running, 2.5)

    assert statuses(reads) == {200}
    assert statuses(writes) == {503}
    assert (after_reads[-1].status, after_writes[-1].status) == (200, 201)


async def test_with_no_connection_to_spare_callers_are_told_so(
    running: ServiceProcess, name: str, postgres_dsn: str
) -> None:
    await run_sql(postgres_dsn, f"ALTER DATABASE {name} CONNECTION LIMIT 0")
    await run_sql(postgres_dsn, END_SESSIONS % name)
    reads, writes = await load(running, 2.0)
    await run_sql(postgres_dsn, f"ALTER DATABASE {name} CONNECTION LIMIT -1")
    after_reads, after_writes = await load(running, 2.5)

    assert statuses(reads) | statuses(writes) == {503}
    assert quantile_seconds(reads, 0.5) <= 0.1
    assert (after_reads[-1].status, after_writes[-1].status) == (200, 201)


async def test_a_locked_table_is_a_504_and_leaves_nothing_running(running: ServiceProcess, database: str) -> None:
    async with aiohttp.ClientSession(running.base_url) as client:
        with closing(psycopg2.connect(database)) as other:
            other.cursor().execute("LOCK TABLE product IN ACCESS EXCLUSIVE MODE")
            async with client.get(LIST) as read, client.post("/products", json=PRODUCT) as write:
                told = {read.status, write.status}
            left = await ask(database, BUSY)
        async with client.get(LIST) as again:
            status = again.status

    assert (told, left, status) == ({504}, (0,), 200)


async def test_of_many_callers_who_leave_or_run_out_of_time_nothing_is_left_running(
    running: ServiceProcess, database: str
) -> None:
    """Within 0.3 s Postgres has nothing to do for any of them any more."""
    async with aiohttp.ClientSession(running.base_url, connector=aiohttp.TCPConnector(limit=0)) as client:

        async def call(patience: str) -> None:
            async with client.get(LIST, headers={"Request-Timeout": patience}) as answer:
                assert answer.status in (503, 504)

        with closing(psycopg2.connect(database)) as other:
            other.cursor().execute("LOCK TABLE product IN ACCESS EXCLUSIVE MODE")
            leaving = [asyncio.create_task(call("0.4")) for _ in range(20)]
            staying = [asyncio.create_task(call("0.4")) for _ in range(20)]
            async with asyncio.timeout(0.4):
                while await ask(database, BUSY) == (0,):
                    pass
            for one in leaving:
                one.cancel()
            await asyncio.gather(*staying)

            async with asyncio.timeout(GONE_WITHIN_SECONDS):
                while await ask(database, BUSY) != (0,):
                    pass
