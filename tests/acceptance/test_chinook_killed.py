"""Everything killed in the middle of a load: each file is there whole or not at all, and the load can go on."""

import asyncio
from contextlib import suppress
from pathlib import Path

import psycopg2
import pytest

from storage.embedded import running_postgres
from tests.acceptance.chinook_files import PATHS, ROWS, SERVICE, chinook_folder, rows_of
from tests.acceptance.http_pages import api
from tests.acceptance.service_process import PATIENCE_SECONDS, kill_all, launched, mainstay, service
from tests.integration.sql import ask

MOMENTS = {
    "at the first file": "SELECT FROM artist LIMIT 1",
    "between small files": "SELECT FROM employee LIMIT 1",
    "after the tracks": "SELECT FROM track LIMIT 1",
    "in the longest file": "SELECT FROM pg_stat_activity WHERE query LIKE '%INTO playlist_track%' AND state = 'active'",
}


@pytest.mark.parametrize("moment", MOMENTS)
async def test_each_file_is_loaded_whole_or_not_at_all(moment: str, data_dir: Path) -> None:
    folder = chinook_folder()
    wanted = {table: len(rows_of(folder, table)) for table in PATHS}
    load = await launched("load", str(SERVICE), str(folder), data_dir=data_dir)
    await until_answered(data_dir, MOMENTS[moment])
    await kill_all(load, data_dir)

    async with service(SERVICE, data_dir) as running, api(running.base_url) as shop:
        found = {table: await shop.count(path) for table, path in PATHS.items()}
        resumed = await mainstay("load", str(SERVICE), str(folder), "--if-empty", data_dir=data_dir)
        at_last = {table: await shop.count(path) for table, path in PATHS.items()}

    assert {table: count for table, count in found.items() if count not in (0, wanted[table])} == {}
    assert (resumed.code, at_last, sum(at_last.values())) == (0, wanted, ROWS)


async def until_answered(data_dir: Path, question: str) -> None:
    """Wait until a question has a row for an answer, asked as soon as anybody can."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not await answered(data_dir, question):
            pass


async def answered(data_dir: Path, question: str) -> bool:
    dsn = running_postgres(data_dir)
    with suppress(psycopg2.Error):  # it does not listen yet, or has no tables yet
        return bool(dsn) and await ask(dsn, question) is not None
    return False
