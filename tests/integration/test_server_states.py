"""What the servers of Postgres and Redis tell of themselves, asked of real ones."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from psycopg2.extensions import make_dsn

from server.server_watch import WatchedServers
from storage.postgres.server_state import postgres_state
from telemetry.server_states import PostgresState, RedisState
from tests.integration.open_pool import BACKEND, open_pool
from tests.integration.sql import run_sql


@asynccontextmanager
async def watched(postgres_dsn: str, redis_url: str) -> AsyncIterator[WatchedServers]:
    servers = WatchedServers(postgres_dsn=postgres_dsn, redis_url=redis_url)
    await servers.open()
    try:
        yield servers
    finally:
        await servers.close()


async def test_postgres_tells_of_its_connections_its_transactions_and_its_size(database: str) -> None:
    async with open_pool(database) as pool, open_pool(database) as other, other.transaction() as transaction:
        await transaction.run(BACKEND, operation="backend")
        before = await postgres_state(pool)
        await pool.execute("CREATE TABLE numbers AS SELECT generate_series(1, 10000)")
        after = await postgres_state(pool)

    assert after.active >= 1
    assert after.idle_in_transaction >= 1
    assert after.connections_at_most >= after.active + after.idle + after.idle_in_transaction + after.unknown
    assert after.oldest_transaction_seconds > before.oldest_transaction_seconds > 0
    assert after.size_bytes > before.size_bytes > 0
    assert (after.replicas, after.lag_seconds, after.deadlocks) == (0, None, 0)


async def test_a_role_that_may_look_at_nobody_else_learns_how_many_there_are(database: str, postgres_dsn: str) -> None:
    role = f"r{database.rpartition('test_')[2][:12]}"
    await run_sql(postgres_dsn, f"CREATE ROLE {role} LOGIN")
    try:
        async with open_pool(str(make_dsn(database, user=role))) as pool, open_pool(database):
            state = await postgres_state(pool)
    finally:
        await run_sql(postgres_dsn, f"DROP ROLE {role}")

    assert state.unknown >= 1


async def test_both_servers_are_asked_over_connections_of_the_watch(database: str, redis_url: str) -> None:
    async with watched(database, redis_url) as servers:
        postgres = await servers.asks["postgres"]()
        redis = await servers.asks["redis"]()

    assert isinstance(postgres, PostgresState)
    assert postgres.active >= 1
    assert isinstance(redis, RedisState)
    assert (redis.rejected, redis.replicas) == (0, 0)
    assert min(redis.clients, redis.used_bytes) > 0
