"""The session's servers, as the other tests see them."""

import psycopg2
from redis import asyncio as aioredis

from tests.integration.sql import ask


async def test_a_database_is_empty_in_utf8_and_utc_and_its_role_is_no_superuser(database: str) -> None:
    found = await ask(
        database,
        "SELECT current_setting('server_encoding'), current_setting('TimeZone'), "
        "current_setting('is_superuser'), current_setting('fsync'), current_setting('data_checksums'), "
        "(SELECT count(*) FROM information_schema.tables WHERE table_schema = 'public')",
    )

    assert found == ("UTF8", "UTC", "off", "on", "on", 0)


async def test_valkey_is_empty_at_first(redis_url: str) -> None:
    async with aioredis.from_url(redis_url) as client:
        assert await client.dbsize() == 0
        await client.set("a", "b")


async def test_valkey_is_empty_again_for_the_next_test(redis_url: str) -> None:
    async with aioredis.from_url(redis_url) as client:
        assert await client.dbsize() == 0
        await client.set("a", "b")


async def test_a_database_with_an_open_connection_is_dropped_all_the_same(database: str) -> None:
    connection = psycopg2.connect(database)

    assert connection.closed == 0
