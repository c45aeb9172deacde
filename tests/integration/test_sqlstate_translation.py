"""Every error code Mainstay knows, had from a real Postgres, and what it becomes."""

from collections.abc import AsyncIterator

import psycopg2
import pytest

from middleware.errors import Bug, Elapsed, Overloaded, Problem, Unavailable
from storage.postgres.pool import Pool
from storage.postgres.statement import statement
from storage.postgres.violation import ForbiddenByOthers, ForbiddenValue
from telemetry.events import ConnectionDropped
from tests.integration.open_pool import open_pool
from tests.recorder import Recorder

SECRET = "hunter2"  # noqa: S105 - a value of a row, to be found in no sentence
TABLES = """
CREATE TABLE artist (id int PRIMARY KEY);
CREATE TABLE album (
  id int PRIMARY KEY,
  artist_id int CONSTRAINT fk_album__artist_id REFERENCES artist,
  title varchar(10) CONSTRAINT uq_album__title UNIQUE,
  year smallint NOT NULL DEFAULT 2000 CONSTRAINT ck_album__year CHECK (year > 1900),
  shelf int4range, CONSTRAINT ex_album__shelf EXCLUDE USING gist (shelf WITH &&)
);
CREATE TABLE review (id int, album_id int CONSTRAINT fk_review__album_id REFERENCES album ON DELETE RESTRICT);
CREATE TABLE page (text text CONSTRAINT uq_page__text UNIQUE);
INSERT INTO artist VALUES (1);
INSERT INTO album VALUES (1, 1, 'hunter2', 1999, '[1,5)');
INSERT INTO review VALUES (1, 1)
"""


@pytest.fixture
async def pool(database: str) -> AsyncIterator[Pool]:
    """A pool over a few tables and rows."""
    async with open_pool(database, maximum=1) as opened:
        await opened.execute(TABLES)
        yield opened


async def problem_of(pool: Pool, script: str) -> Problem:
    with pytest.raises(Problem) as caught:
        await pool.execute(script)
    return caught.value


@pytest.mark.parametrize(
    ("script", "rule", "constraint", "table"),
    [
        ("INSERT INTO album VALUES (2, 1, 'hunter2')", "unique", "uq_album__title", "album"),
        ("INSERT INTO album VALUES (1, 1)", "unique", "album_pkey", "album"),
        ("INSERT INTO album VALUES (2, 1, 'x', 1999, '[2,9)')", "exclusion", "ex_album__shelf", "album"),
        ("INSERT INTO album VALUES (2, 77)", "missing_reference", "fk_album__artist_id", "album"),
        ("UPDATE album SET artist_id = 77", "missing_reference", "fk_album__artist_id", "album"),
        ("DELETE FROM artist", "still_referenced", "fk_album__artist_id", "album"),
        ("UPDATE artist SET id = 77", "still_referenced", "fk_album__artist_id", "album"),
        ("DELETE FROM album", "still_referenced", "fk_review__album_id", "review"),
    ],
)
async def test_what_other_records_forbid_names_the_constraint(
    pool: Pool, script: str, rule: str, constraint: str, table: str
) -> None:
    problem = await problem_of(pool, script)

    assert isinstance(problem, ForbiddenByOthers)
    assert (problem.rule, problem.constraint, problem.table) == (rule, constraint, table)
    assert SECRET not in problem.detail


@pytest.mark.parametrize(
    ("script", "rule", "constraint", "column"),
    [
        ("INSERT INTO album (id, year) VALUES (2, NULL)", "not_null", "", "year"),
        ("INSERT INTO album (id, year) VALUES (2, 1)", "check", "ck_album__year", ""),
        ("INSERT INTO album (id, title) VALUES (2, 'eleven-long')", "too_long", "", ""),
        ("INSERT INTO album (id, year) VALUES (2, 40000)", "out_of_range", "", ""),
        ("SELECT 'x'::int", "bad_value", "", ""),
        ("SELECT 'x'::uuid", "bad_value", "", ""),
        ("SELECT 'x'::date", "bad_value", "", ""),
        ("SELECT '2024-13-41'::date", "out_of_range", "", ""),
        ("SELECT convert_from('\\xff', 'UTF8')", "bad_value", "", ""),
        ("SELECT '{'::json", "bad_value", "", ""),
        (
            "INSERT INTO page SELECT string_agg(md5(n::text), '') FROM generate_series(1, 150) n",
            "too_long",
            "uq_page__text",
            "",
        ),
    ],
)
async def test_a_forbidden_value_names_its_place_where_postgres_does(
    pool: Pool, script: str, rule: str, constraint: str, column: str
) -> None:
    problem = await problem_of(pool, script)

    assert isinstance(problem, ForbiddenValue)
    assert (problem.rule, problem.constraint, problem.column) == (rule, constraint, column)


@pytest.mark.parametrize("script", ["SELECT 1 FROM nowhere", "SELEC", "SELECT nothing(1)", "COMMIT AND CHAIN"])
async def test_a_mistake_of_ours_is_a_bug_with_its_cause(pool: Pool, script: str) -> None:
    problem = await problem_of(pool, script)

    assert isinstance(problem, Bug)
    assert isinstance(problem.__cause__, psycopg2.ProgrammingError | psycopg2.InternalError)
    assert "nowhere" not in problem.detail


async def test_a_statement_cancelled_by_a_person_has_elapsed(pool: Pool) -> None:
    assert type(await problem_of(pool, "SELECT pg_cancel_backend(pg_backend_pid()), pg_sleep(60)")) is Elapsed


async def test_a_lock_that_does_not_come_has_elapsed(pool: Pool, database: str) -> None:
    lock = statement("SELECT id FROM artist FOR UPDATE", types={})
    async with open_pool(database, lock_timeout_seconds=0.05) as other, pool.transaction() as transaction:
        await transaction.run(lock, operation="lock")

        problems = [await problem_of(other, f"{lock.sql}{how}") for how in ("", " NOWAIT")]

    assert [type(problem) for problem in problems] == [Elapsed, Elapsed]


async def test_a_server_that_takes_no_writes_is_unavailable_and_let_go(database: str, events: Recorder) -> None:
    dsn = f"{database} options='-c default_transaction_read_only=on'"
    async with open_pool(dsn, events=events, attempts=1) as pool:
        problem = await problem_of(pool, "CREATE TABLE x ()")

        assert type(problem) is Unavailable
        assert events.of(ConnectionDropped) == [ConnectionDropped(pool="postgres", reason="read_only")]


async def test_a_server_out_of_a_resource_is_overloaded(postgres_dsn: str) -> None:
    spill = "SET temp_file_limit = 0; SET work_mem = '64kB'; SELECT n FROM generate_series(1, 100000) n ORDER BY -n"
    async with open_pool(postgres_dsn) as pool:
        assert type(await problem_of(pool, spill)) is Overloaded


async def test_a_database_full_of_connections_is_overloaded(database: str) -> None:
    async with open_pool(database) as pool:
        await pool.execute(
            "DO $$BEGIN EXECUTE format('ALTER DATABASE %I CONNECTION LIMIT 1', current_database()); END$$"
        )

        with pytest.raises(Overloaded):
            async with open_pool(database):
                pass


async def test_a_transaction_left_open_by_a_script_takes_its_connection_with_it(
    database: str, events: Recorder
) -> None:
    async with open_pool(database, events=events) as pool:
        await pool.execute("BEGIN; SELECT 1")

        assert events.of(ConnectionDropped) == [ConnectionDropped(pool="postgres", reason="broken")]
        assert await pool.execute("SELECT 1") == [(1,)]
