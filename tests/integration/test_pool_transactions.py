"""Transactions on a real Postgres: all or nothing, whoever leaves how."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from middleware.errors import Bug, Elapsed, OutcomeUnknown, SerializationFailure, Unavailable
from middleware.outbound.layer_policies import BreakerOpen
from storage.postgres.pool import Pool
from storage.postgres.statement import Statement, statement
from storage.postgres.violation import ForbiddenByOthers
from telemetry.events import BreakerChanged, ConnectionDropped, ConnectionReleased, DependencyCalled
from tests.integration.open_pool import SLEEP, TERMINATE, backend_of, open_pool, until_gone, until_running
from tests.integration.tcp_proxy import proxied
from tests.recorder import Recorder

ADD = statement("INSERT INTO note VALUES ($1)", types={"id": "bigint"})
ALL = statement("SELECT id FROM note ORDER BY id", types={}, writes=False)
SLOW_COMMIT = """
CREATE FUNCTION linger() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(60); RETURN NULL; END';
CREATE CONSTRAINT TRIGGER linger AFTER INSERT ON note DEFERRABLE INITIALLY DEFERRED
FOR EACH ROW EXECUTE FUNCTION linger()
"""


@pytest.fixture
async def watch(database: str) -> AsyncIterator[Pool]:
    """A pool to look at the notes from."""
    async with open_pool(database) as pool:
        await pool.execute("CREATE TABLE note (id bigint PRIMARY KEY)")
        yield pool


@pytest.fixture
async def pool(database: str, watch: Pool, events: Recorder) -> AsyncIterator[Pool]:
    """A pool of one connection."""
    async with open_pool(database, events=events, maximum=1, query_timeout_seconds=0.5) as opened:
        yield opened


async def add_all(pool: Pool, *steps: tuple[Statement, float], then: Exception | None = None) -> None:
    """Run each statement with its one parameter in a transaction, whose block may end with an exception."""
    async with pool.transaction() as transaction:
        for made, parameter in steps:
            await transaction.run(made, (parameter,), operation="step")
        if then is not None:
            raise then


async def notes(watch: Pool) -> list[tuple[object, ...]]:
    return await watch.run(ALL, operation="list")


async def test_a_block_that_ends_well_is_committed(pool: Pool, watch: Pool, events: Recorder) -> None:
    async with pool.transaction(operation="note") as transaction:
        await transaction.run(ADD, (1,), operation="add")
        await transaction.run(ADD, (2,), operation="add")
        assert await notes(watch) == []

    assert await notes(watch) == [(1,), (2,)]
    assert [event.operation for event in events.of(DependencyCalled)] == ["begin", "add", "add", "note"]
    assert pool.size.idle == 1


async def test_a_block_that_raises_is_rolled_back_and_its_connection_kept(pool: Pool, watch: Pool) -> None:
    backend = await backend_of(pool)

    with pytest.raises(ZeroDivisionError):
        await add_all(pool, (ADD, 1), then=ZeroDivisionError())

    assert await notes(watch) == []
    assert await backend_of(pool) == backend


async def test_an_empty_block_sends_nothing(pool: Pool, events: Recorder) -> None:
    async with pool.transaction():
        pass

    assert [event.operation for event in events.of(DependencyCalled)] == ["begin"]
    assert await pool.run(ALL, operation="list") == []


async def test_what_runs_after_a_transaction_is_not_in_one(pool: Pool, watch: Pool) -> None:
    async with pool.transaction() as transaction:
        await transaction.run(ALL, operation="list")

    await pool.run(ADD, (1,), operation="add")

    assert await notes(watch) == [(1,)]


async def test_an_error_of_the_database_rolls_all_back_and_keeps_the_connection(pool: Pool, watch: Pool) -> None:
    backend = await backend_of(pool)

    with pytest.raises(ForbiddenByOthers):
        await add_all(pool, (ADD, 1), (ADD, 1))

    assert await notes(watch) == []
    assert await backend_of(pool) == backend


async def test_a_swallowed_error_does_not_pass_for_a_commit(pool: Pool, watch: Pool) -> None:
    async def careless() -> None:
        async with pool.transaction() as transaction:
            await transaction.run(ADD, (1,), operation="add")
            with pytest.raises(ForbiddenByOthers):
                await transaction.run(ADD, (1,), operation="add")

    with pytest.raises(Bug, match="nothing was changed"):
        await careless()

    assert await notes(watch) == []
    assert pool.size.idle == 1


async def test_a_statement_timeout_rolls_back_and_keeps_the_connection(pool: Pool, watch: Pool) -> None:
    backend = await backend_of(pool)

    with pytest.raises(Elapsed):
        await add_all(pool, (ADD, 1), (SLEEP, 60))

    assert await notes(watch) == []
    assert await backend_of(pool) == backend


async def test_a_cancelled_block_is_rolled_back_and_its_connection_dropped(
    pool: Pool, watch: Pool, events: Recorder
) -> None:
    added = asyncio.Event()

    async def hold() -> None:
        async with pool.transaction() as transaction:
            await transaction.run(ADD, (1,), operation="add")
            added.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(hold())
    await added.wait()
    task.cancel()
    await asyncio.wait([task])

    assert task.cancelled()
    assert await notes(watch) == []
    assert events.of(ConnectionDropped) == [ConnectionDropped(pool="postgres", reason="cancelled")]
    assert len(events.of(ConnectionReleased)) == 1
    assert await pool.run(ALL, operation="list") == []


async def test_a_session_lost_before_the_commit_changed_nothing_for_sure(pool: Pool, watch: Pool) -> None:
    async def lose() -> None:
        async with pool.transaction() as transaction:
            await transaction.run(ADD, (1,), operation="add")
            pid = await until_idle_in_transaction(watch)
            await watch.run(TERMINATE, (pid,), operation="terminate")
            await until_gone(watch, pid)
            await transaction.run(ADD, (2,), operation="add")

    with pytest.raises(Unavailable) as caught:
        await lose()

    assert type(caught.value) is Unavailable
    assert await notes(watch) == []
    assert await pool.run(ALL, operation="list") == []


async def until_idle_in_transaction(watch: Pool) -> int:
    query = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND state = 'idle in transaction'"
    while not (rows := await watch.execute(query)):
        pass
    pid = rows[0][0]
    assert isinstance(pid, int)
    return pid


async def test_a_session_lost_while_committing_leaves_the_outcome_unknown(database: str, watch: Pool) -> None:
    await watch.execute(SLOW_COMMIT)
    async with open_pool(database, query_timeout_seconds=60.0) as pool:
        task = asyncio.create_task(add_all(pool, (ADD, 1)))
        await watch.run(TERMINATE, (await until_running(watch, "COMMIT"),), operation="terminate")

        with pytest.raises(OutcomeUnknown):
            await task


async def test_a_transaction_left_idle_too_long_is_ended_by_the_server(database: str, watch: Pool) -> None:
    async with open_pool(database, idle_in_transaction_timeout_seconds=0.05) as pool:

        async def dawdle() -> None:
            async with pool.transaction() as transaction:
                await transaction.run(ADD, (1,), operation="add")
                await until_gone(watch, await until_idle_in_transaction(watch))
                await transaction.run(ADD, (2,), operation="add")

        with pytest.raises(Unavailable):
            await dawdle()

        assert await pool.run(ALL, operation="list") == []


async def test_of_two_serializable_transactions_in_each_other_s_way_one_may_try_again(
    database: str, watch: Pool
) -> None:
    dsn = f"{database} options='-c default_transaction_isolation=serializable'"
    count = statement("INSERT INTO note SELECT count(*) + $1 FROM note", types={"step": "bigint"})
    async with open_pool(dsn) as pool:

        async def both() -> None:
            async with pool.transaction() as first, pool.transaction() as second:
                await first.run(count, (10,), operation="count")
                await second.run(count, (20,), operation="count")

        with pytest.raises(SerializationFailure):
            await both()

        assert len(await notes(watch)) == 1


async def test_of_two_transactions_that_wait_for_each_other_one_may_try_again(database: str, watch: Pool) -> None:
    await watch.execute("INSERT INTO note VALUES (1), (2)")
    move = statement("UPDATE note SET id = -id WHERE id = $1", types={"id": "bigint"})
    both_hold_one = asyncio.Barrier(2)

    async with open_pool(database, query_timeout_seconds=30.0, lock_timeout_seconds=30.0) as pool:

        async def change(first: int, second: int) -> None:
            async with pool.transaction() as transaction:
                await transaction.run(move, (first,), operation="move")
                await both_hold_one.wait()
                await transaction.run(move, (second,), operation="move")

        results = await asyncio.gather(change(1, 2), change(2, 1), return_exceptions=True)

    assert sorted(type(result).__name__ for result in results) == ["NoneType", "SerializationFailure"]


async def test_connections_that_cannot_be_had_for_transactions_open_the_breaker(
    database: str, events: Recorder
) -> None:
    async with proxied(database) as (proxy, dsn), open_pool(dsn, events=events) as pool:
        proxy.refuse()

        results = await asyncio.gather(*(add_all(pool, (ADD, 1)) for _ in range(12)), return_exceptions=True)

        assert {type(result) for result in results} <= {Unavailable, BreakerOpen}
        assert events.of(BreakerChanged) == [BreakerChanged(name="postgres.writes", state="open")]
