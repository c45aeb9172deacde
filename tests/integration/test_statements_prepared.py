"""Statements on a real Postgres: prepared once, executed by name, prepared anew when need be."""

from collections.abc import AsyncIterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import ARRAY, BigInteger, Column, MetaData, Numeric, String, Table, Uuid, any_, bindparam, select

from middleware.errors import Bug, Invalid, SerializationFailure
from storage.postgres.pool import Pool
from storage.postgres.statement import Parameter, Statement, compiled, statement
from storage.postgres.violation import ForbiddenByOthers
from tests.integration.open_pool import backend_of, open_pool

PREPARED = statement("SELECT count(*) FROM pg_prepared_statements", types={}, writes=False)
ECHO = statement("SELECT $1, $2, $3, $4", types={"t": "text", "n": "bigint", "b": "boolean", "f": "float8"})
THING = Table(
    "thing",
    MetaData(),
    Column("id", Uuid, primary_key=True),
    Column("name", String(20)),
    Column("price", Numeric(12, 2)),
    Column("stock", BigInteger, unique=True),
)
IDS = ["0192d3a4-0000-7000-8000-000000000001", "0192d3a4-0000-7000-8000-000000000002"]
INSERT = compiled(THING.insert())
NAMES = compiled(
    select(THING.c.name).where(THING.c.id == any_(bindparam("ids", type_=ARRAY(Uuid)))).order_by(THING.c.id)
)
STAR = statement("SELECT * FROM thing WHERE stock = $1", types={"stock": "bigint"}, writes=False)


@pytest.fixture
async def pool(database: str) -> AsyncIterator[Pool]:
    """A pool of one connection over a table with two rows."""
    async with open_pool(database, maximum=1, prepared_statements=5) as opened:
        await opened.execute(
            "CREATE TABLE thing (id uuid PRIMARY KEY, name varchar(20), price numeric(12,2), stock bigint UNIQUE)"
        )
        for number, (key, name) in enumerate(zip(IDS, ["Ann", "Bob"], strict=True)):
            await run(opened, INSERT, id=key, name=name, price="1.50", stock=number)
        yield opened


async def run(pool: Pool, made: Statement, **values: Parameter) -> list[tuple[object, ...]]:
    return await pool.run(made, made.bind(values), operation="test")


async def prepared(pool: Pool) -> object:
    return (await run(pool, PREPARED))[0][0]


async def test_values_come_back_as_they_went_text_as_bytes(pool: Pool) -> None:
    rows = await run(pool, ECHO, t="naïve ☃ 'quoted' \\ %s", n=2**63 - 1, b=True, f=0.1)

    assert rows == [("naïve ☃ 'quoted' \\ %s".encode(), 2**63 - 1, True, 0.1)]


@given(
    text=st.text(st.one_of(st.sampled_from("'\\\\\"$%;-/*\n"), st.characters(exclude_characters="\0", codec="utf-8"))),
    number=st.integers(-(2**63), 2**63 - 1),
    float_=st.floats(allow_nan=False),
)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_every_value_comes_back_as_it_went(pool: Pool, text: str, number: int, float_: float) -> None:
    assert await run(pool, ECHO, t=text, n=number, b=False, f=float_) == [(text.encode(), number, False, float_)]


async def test_nothing_comes_back_as_none(pool: Pool) -> None:
    assert await run(pool, ECHO, t=None, n=None, b=None, f=None) == [(None, None, None, None)]


async def test_text_is_read_as_the_declared_type(pool: Pool) -> None:
    assert await run(pool, ECHO, t="", n="12", b="false", f="1e3") == [(b"", 12, False, 1000.0)]


async def test_an_array_of_any_type_is_one_parameter(pool: Pool) -> None:
    assert await run(pool, NAMES, ids=IDS) == [(b"Ann",), (b"Bob",)]
    assert await run(pool, NAMES, ids=[]) == []


@pytest.mark.parametrize("text", ["", "a,b", '"', "\\", "{}", "NULL", "it's", "%s %", "ünï", "\n"])
async def test_any_text_survives_in_an_array(pool: Pool, text: str) -> None:
    unnest = statement("SELECT unnest($1)", types={"texts": "text[]"}, writes=False)

    assert await run(pool, unnest, texts=[text, None]) == [(text.encode(),), (None,)]


async def test_percent_signs_in_sql_mean_themselves(pool: Pool) -> None:
    query = compiled(select(THING.c.name).where(THING.c.name.like("%n%"), THING.c.stock == bindparam("n")))

    assert [await run(pool, query, n=0) for _ in range(2)] == [[(b"Ann",)], [(b"Ann",)]]


async def test_a_statement_without_rows_returns_none(pool: Pool) -> None:
    delete = compiled(THING.delete().where(THING.c.stock == bindparam("n")))

    assert await run(pool, delete, n=1) == []
    assert await run(pool, NAMES, ids=IDS) == [(b"Ann",)]


async def test_a_statement_is_prepared_once(pool: Pool) -> None:
    before = await prepared(pool)

    for _ in range(3):
        await run(pool, NAMES, ids=IDS)

    assert (before, await prepared(pool)) == (2, 3)


async def test_no_more_than_the_bound_stay_prepared_the_least_used_go_first(pool: Pool) -> None:
    for number in range(10):
        await run(pool, statement(f"SELECT {number}", types={}))
        await run(pool, NAMES, ids=IDS)

    kept = await pool.execute("SELECT statement FROM pg_prepared_statements ORDER BY prepare_time")

    texts = [bytes(row[0]).decode() for row in kept if isinstance(row[0], bytes)]
    assert len(texts) == 5
    assert [NAMES.sql in text for text in texts] == [True, False, False, False, False]


async def test_statements_the_server_has_forgotten_are_prepared_again(pool: Pool) -> None:
    await run(pool, NAMES, ids=IDS)
    await pool.execute("DEALLOCATE ALL")

    assert await run(pool, NAMES, ids=IDS) == [(b"Ann",), (b"Bob",)]


async def test_forgotten_statements_do_not_hinder_making_room_for_another(pool: Pool) -> None:
    for number in range(5):
        await run(pool, statement(f"SELECT {number}", types={}))
    await pool.execute("DEALLOCATE ALL")

    assert await run(pool, NAMES, ids=IDS) == [(b"Ann",), (b"Bob",)]


async def test_a_result_of_another_shape_is_prepared_again(pool: Pool) -> None:
    assert len((await run(pool, STAR, stock=1))[0]) == 4
    await pool.execute("ALTER TABLE thing ADD COLUMN colour text")

    assert len((await run(pool, STAR, stock=1))[0]) == 5


async def test_a_column_of_another_type_is_prepared_again(pool: Pool) -> None:
    price = statement("SELECT price FROM thing WHERE stock = $1", types={"stock": "bigint"}, writes=False)
    await run(pool, price, stock=1)
    await pool.execute("ALTER TABLE thing ALTER COLUMN price TYPE text")

    assert await run(pool, price, stock=1) == [(b"1.50",)]


@pytest.mark.parametrize("change", ["DEALLOCATE ALL", "ALTER TABLE thing ADD COLUMN colour text"])
async def test_inside_a_transaction_a_stale_statement_is_for_the_caller_to_repeat(pool: Pool, change: str) -> None:
    await run(pool, STAR, stock=1)
    await pool.execute(change)

    with pytest.raises(SerializationFailure):
        async with pool.transaction() as transaction:
            await transaction.run(STAR, (1,), operation="star")

    async with pool.transaction() as transaction:
        assert len(await transaction.run(STAR, (1,), operation="star")) == 1


async def test_a_first_use_that_breaks_a_constraint_leaves_the_statement_prepared(pool: Pool) -> None:
    clash = compiled(THING.insert().values(id=bindparam("key", type_=Uuid), stock=bindparam("stock")))
    with pytest.raises(ForbiddenByOthers):
        await run(pool, clash, key=IDS[0], stock=7)
    before = await prepared(pool)

    with pytest.raises(ForbiddenByOthers):
        await run(pool, clash, key=IDS[0], stock=7)

    assert await prepared(pool) == before


async def test_after_a_first_use_that_failed_otherwise_the_next_one_works(pool: Pool) -> None:
    with pytest.raises(Invalid):
        await run(pool, NAMES, ids=["not a uuid"])

    assert await run(pool, NAMES, ids=IDS) == [(b"Ann",), (b"Bob",)]


async def test_a_statement_that_cannot_be_prepared_is_a_bug_until_it_can(pool: Pool) -> None:
    later = statement("SELECT 1 FROM later", types={}, writes=False)
    for _ in range(2):
        with pytest.raises(Bug):
            await run(pool, later)
    await pool.execute("CREATE TABLE later ()")

    assert await run(pool, later) == []


@pytest.mark.parametrize("text", ["a\0b", "\ud800"])
async def test_text_postgres_cannot_hold_is_refused_before_it_is_sent(pool: Pool, text: str) -> None:
    backend = await backend_of(pool)
    await run(pool, ECHO, t="", n=1, b=True, f=1)

    for _ in range(2):
        with pytest.raises(Invalid):
            await run(pool, ECHO, t=text, n=1, b=True, f=1)

    assert await backend_of(pool) == backend


@pytest.mark.parametrize("text", ["a\0b", "\ud800"])
async def test_such_text_is_refused_at_a_statement_s_first_use_too(pool: Pool, text: str) -> None:
    with pytest.raises(Invalid):
        await run(pool, ECHO, t=text, n=1, b=True, f=1)

    assert await run(pool, ECHO, t="x", n=1, b=True, f=1) == [(b"x", 1, True, 1.0)]


async def test_the_session_is_set_up_as_it_should_be(pool: Pool) -> None:
    names = ["TimeZone", "statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout"]
    names += ["client_connection_check_interval", "application_name", "client_encoding"]
    setting = statement("SELECT current_setting($1)", types={"name": "text"}, writes=False)

    values = [(await run(pool, setting, name=name))[0][0] for name in names]

    assert values == [b"UTC", b"5s", b"2s", b"10s", b"100ms", b"mainstay", b"UTF8"]


async def test_what_the_dsn_sets_wins_but_for_the_form_of_answers(database: str) -> None:
    options = "-c statement_timeout=7s -c search_path=elsewhere -c TimeZone=Asia/Tokyo"
    dsn = f"{database} application_name=shop client_encoding=LATIN1 options='{options}'"
    names = ["application_name", "statement_timeout", "search_path", "lock_timeout", "TimeZone", "client_encoding"]
    async with open_pool(dsn) as pool:
        values = [(await pool.execute(f"SHOW {name}"))[0][0] for name in names]

    assert values == [b"shop", b"7s", b"elsewhere", b"2s", b"UTC", b"UTF8"]
