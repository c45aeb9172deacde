"""Chinook, 11 tables and 15,607 rows, checked, migrated, loaded, served and walked through."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path
from uuid import uuid4

import psycopg2
import pytest
from psycopg2.extensions import make_dsn

from storage.embedded import Endpoints
from tests.acceptance.chinook_files import PATHS, ROWS, SERVICE, chinook_folder, own_fields, rows_of
from tests.acceptance.http_pages import Api, Record, api
from tests.acceptance.service_process import mainstay, service
from tests.integration.sql import run_sql

LONG_ROCK = """
SELECT track_id FROM track JOIN genre USING (genre_id)
WHERE genre.name = 'Rock' AND milliseconds > 300000
ORDER BY unit_price, track_id
"""


@pytest.fixture(scope="module")
def folder() -> Path:
    return chinook_folder()


@pytest.fixture(scope="module")
async def chinook(folder: Path, embedded: Endpoints, postgres_dsn: str, fast_folder: Path) -> AsyncIterator[str]:
    """Checked, migrated and loaded by the commands a person types."""
    name = f"chinook_{uuid4().hex[:8]}"
    await run_sql(postgres_dsn, f"CREATE DATABASE {name} OWNER mainstay")
    dsn = make_dsn(embedded.postgres_dsn, dbname=name)
    unused = fast_folder / name
    for command in (["check"], ["migrate", "--apply"]):
        finished = await mainstay(*command, str(SERVICE), data_dir=unused, POSTGRES_DSN=dsn)
        assert finished.code == 0, finished
    finished = await mainstay("load", str(SERVICE), str(folder), data_dir=unused, POSTGRES_DSN=dsn)
    assert (finished.code, finished.errors) == (0, "")
    assert finished.output.splitlines()[-1].startswith(f"{ROWS:,} rows of {len(PATHS)} files loaded in ")
    yield str(dsn)
    await run_sql(postgres_dsn, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="module")
async def shop(chinook: str, embedded: Endpoints, fast_folder: Path) -> AsyncIterator[Api]:
    """The API over that database."""
    given = {"POSTGRES_DSN": chinook, "REDIS_URL": embedded.redis_url}
    async with service(SERVICE, fast_folder / "chinook", **given) as running, api(running.base_url) as shop:
        yield shop


@pytest.mark.parametrize("table", PATHS)
async def test_every_row_comes_back_through_paging_exactly_once(shop: Api, folder: Path, table: str) -> None:
    pages = [page async for page in shop.walk(f"{PATHS[table]}?limit=200")]

    found = [own_fields(record) for page in pages for record in page]
    wanted = rows_of(folder, table)
    assert {len(page) for page in pages[:-1]} <= {200}
    assert sorted(found, key=in_order) == sorted(wanted, key=in_order)


async def test_there_are_as_many_rows_as_the_files_have(shop: Api) -> None:
    counts = [await shop.count(path) for path in PATHS.values()]

    assert sum(counts) == ROWS


async def test_long_rock_tracks_by_price_are_what_sql_says(shop: Api, chinook: str) -> None:
    (rock,) = (await shop("GET", "/genres?name=Rock")).body["items"]

    query = f"/tracks?genre_id={rock['genre_id']}&milliseconds[gt]=300000&sort=unit_price&limit=50"
    pages = [page async for page in shop.walk(query)]

    found = [record["track_id"] for page in pages for record in page]
    assert {len(page) for page in pages[:-1]} == {50}
    assert found == await asyncio.to_thread(numbers, chinook, LONG_ROCK)


async def test_the_same_tracks_come_the_other_way_round(shop: Api, chinook: str) -> None:
    query = "/tracks?genre_id=1&milliseconds[gt]=300000&sort=-unit_price&limit=50"

    found = [record["track_id"] async for page in shop.walk(query) for record in page]

    assert found == list(reversed(await asyncio.to_thread(numbers, chinook, LONG_ROCK)))


async def test_each_employee_s_manager_can_be_shown_too(shop: Api, folder: Path) -> None:
    names = {row["employee_id"]: row["last_name"] for row in rows_of(folder, "employee")}
    wanted = {row["last_name"]: names.get(row["reports_to"]) for row in rows_of(folder, "employee")}

    answer = await shop("GET", "/employees?expand=manager")

    found = {one["last_name"]: one["manager"] and one["manager"]["last_name"] for one in answer.body["items"]}
    assert found == wanted


async def test_a_new_record_gets_the_number_after_the_files(shop: Api, folder: Path) -> None:
    last = max(row["media_type_id"] for row in rows_of(folder, "media_type"))

    made = await shop("POST", "/media-types", {"name": "Wax cylinder"})

    await shop("DELETE", f"/media-types/{made.body['media_type_id']}")
    assert (made.status, made.body["media_type_id"]) == (201, last + 1)


async def test_a_track_that_is_on_a_playlist_cannot_be_deleted(shop: Api) -> None:
    answer = await shop("DELETE", "/tracks/1")

    assert (answer.status, (await shop("GET", "/tracks/1")).status) == (409, 200)


def in_order(record: Record) -> list[str]:
    return [repr(value) for value in record.values()]


def numbers(dsn: str, question: str) -> list[int]:
    with closing(psycopg2.connect(dsn)) as connection, connection.cursor() as cursor:
        cursor.execute(question)
        return [row[0] for row in cursor.fetchall()]
