"""A load that is stopped, or loses its connection, or meets others, leaves nothing half done."""

import asyncio
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import psycopg2
import pytest

from storage.bulk.bulk_session import BulkSession, LoadFailed, Stopped, bulk_session
from storage.bulk.bulk_thread import on_bulk_thread
from tests.integration.sql import ask, run_sql
from tests.integration.staffing import Load, Watcher, bring_tables, faults, told

MANY = [f'{{"code": "{number}", "name": "town {number}"}}' for number in range(5_000)]
ROWS = "SELECT count(*) FROM town"
WAITING = "SELECT pid FROM pg_stat_activity WHERE application_name = 'mainstay load' AND wait_event_type = 'Lock'"


class Interrupter(Watcher):
    """Does something in the middle of a file."""

    def __init__(self, act: Callable[[], object]) -> None:
        super().__init__()
        self.act = act

    def advanced(self, lines: int) -> None:
        super().advanced(lines)
        if self.lines == 3_000:
            self.act()


@pytest.fixture
async def tables(database: str) -> str:
    await bring_tables(database)
    return database


async def test_a_load_cancelled_while_it_reads_has_stored_nothing(tables: str, tmp_path: Path) -> None:
    loop, loading = asyncio.get_running_loop(), asyncio.Event()
    watcher = Interrupter(lambda: loop.call_soon_threadsafe(loading.set))
    task = asyncio.create_task(Load(dsn=tables, folder=tmp_path, watcher=watcher)({"town": MANY * 20}))
    await loading.wait()

    task.cancel()

    with pytest.raises(asyncio.CancelledError):
        await task
    assert await ask(tables, ROWS) == (0,)


async def test_a_load_cancelled_while_it_waits_for_postgres_ends_at_once(tables: str, tmp_path: Path) -> None:
    with closing(psycopg2.connect(tables)) as other, other.cursor() as cursor:
        cursor.execute("LOCK TABLE town")
        task = asyncio.create_task(Load(dsn=tables, folder=tmp_path)({"town": MANY}))
        while await ask(tables, WAITING) is None:
            pass

        task.cancel()

        async with asyncio.timeout(5):
            with pytest.raises(asyncio.CancelledError):
                await task
        other.rollback()
    assert await ask(tables, ROWS) == (0,)


async def test_a_load_whose_connection_breaks_has_stored_nothing(tables: str, tmp_path: Path) -> None:
    def cut() -> None:
        with closing(psycopg2.connect(tables)) as other, other.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'mainstay load'"
            )

    with pytest.raises(LoadFailed, match="connection to Postgres broke"):
        await Load(dsn=tables, folder=tmp_path, watcher=Interrupter(cut))({"town": MANY})

    assert await ask(tables, ROWS) == (0,)


async def test_of_two_loads_of_one_file_one_is_told_of_the_conflict(tables: str, tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    loads = [Load(dsn=tables, folder=tmp_path / name)({"town": MANY}) for name in ("a", "b")]

    first, second = await asyncio.gather(*loads)

    assert sorted([told(first)["town"], told(second)["town"]]) == [("loaded", 5_000), ("refused", 0)]
    assert (faults(first) or faults(second))[0] == ("town", 1, "/code", "a stored town has 0 already")


async def test_of_two_first_times_one_loads_and_the_other_finds_it_done(tables: str, tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    loads = [Load(dsn=tables, folder=tmp_path / name)({"town": MANY}, first_time=True) for name in ("a", "b")]

    first, second = await asyncio.gather(*loads)

    assert sorted([told(first)["town"], told(second)["town"]]) == [("left_alone", 0), ("loaded", 5_000)]


async def test_what_only_postgres_forbids_is_said_in_its_words(tables: str, tmp_path: Path) -> None:
    await run_sql(tables, "ALTER TABLE town ADD CONSTRAINT odd CHECK (code <> '7')")

    with pytest.raises(LoadFailed, match="Postgres refused a row of town"):
        await Load(dsn=tables, folder=tmp_path)({"town": MANY})

    assert await ask(tables, ROWS) == (0,)


async def test_a_database_that_cannot_be_reached_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(LoadFailed, match="Postgres cannot be reached"):
        await Load(dsn="host=127.0.0.1 port=1 dbname=x", folder=tmp_path)({"town": MANY})


async def test_a_stopped_session_takes_no_more_statements(tables: str) -> None:
    def work(session: BulkSession) -> None:
        session.stop()
        session.run("SELECT 1")

    with pytest.raises(Stopped):
        await on_bulk_thread(tables, work)


async def test_what_the_address_sets_itself_wins(tables: str) -> None:
    def work() -> list[tuple[object, ...]]:
        with bulk_session(f"{tables} application_name=mine") as session, session.transaction():
            return session.rows("SELECT current_setting('application_name'), current_setting('TimeZone')")

    assert await asyncio.to_thread(work) == [("mine", "UTC")]
