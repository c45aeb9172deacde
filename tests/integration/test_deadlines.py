"""The deadline of a request whose Postgres does not answer."""

import asyncio
from contextlib import closing

import psycopg2

from telemetry.events import RequestFinished
from tests.integration.rest_client import Client
from tests.integration.sql import ask

WAITING = """
    SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()
"""


async def until_waiting(warehouse: Client, count: int, *, within_seconds: float) -> None:
    """Wait until so many statements wait for a lock."""
    async with asyncio.timeout(within_seconds):
        while await ask(warehouse.dsn, WAITING) != (count,):
            pass


async def test_a_caller_gets_its_504_in_time_while_a_table_is_locked(warehouse: Client) -> None:
    with closing(psycopg2.connect(warehouse.dsn)) as other:
        other.cursor().execute("LOCK TABLE maker IN ACCESS EXCLUSIVE MODE")

        reply = await warehouse.get("/makers?limit=1", Request_Timeout="0.3")

    (told,) = warehouse.events.of(RequestFinished)
    assert (reply.status, reply.json["type"], reply.json["retryable"]) == (504, "urn:mainstay:problem:timeout", True)
    assert 0.3 <= told.duration_seconds < 0.6


async def test_what_a_caller_no_longer_waits_for_does_not_go_on_in_postgres(warehouse: Client) -> None:
    with closing(psycopg2.connect(warehouse.dsn)) as other:
        other.cursor().execute("LOCK TABLE maker IN ACCESS EXCLUSIVE MODE")
        late = asyncio.create_task(warehouse.get("/makers?limit=1", Request_Timeout="0.5"))
        await until_waiting(warehouse, 1, within_seconds=0.5)

        reply = await late

        await until_waiting(warehouse, 0, within_seconds=0.3)
    assert reply.status == 504


async def test_after_a_deadline_the_next_request_is_answered(warehouse: Client) -> None:
    with closing(psycopg2.connect(warehouse.dsn)) as other:
        other.cursor().execute("LOCK TABLE maker IN ACCESS EXCLUSIVE MODE")
        late = await warehouse.get("/makers?limit=1", Request_Timeout="0.2")

    again = await warehouse.get("/makers?limit=1")

    assert (late.status, again.status) == (504, 200)
