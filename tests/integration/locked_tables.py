"""Statements that wait in Postgres for as long as a test likes."""

import asyncio
from collections.abc import Iterator
from contextlib import closing, contextmanager

import psycopg2

from tests.integration.sql import ask

WAITING = """
    SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()
"""
END_WAITING = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE wait_event_type = 'Lock' AND datname = current_database()
"""
_PATIENCE_SECONDS = 10.0


@contextmanager
def locked(dsn: str, table: str, *, mode: str = "SHARE", at_last: str = "") -> Iterator[None]:
    """Nobody can write the table meanwhile, or, with another mode, not even read it; `at_last` is done when it ends."""
    with closing(psycopg2.connect(dsn)) as other:
        other.cursor().execute(f"LOCK TABLE {table} IN {mode} MODE")
        yield
        if at_last:
            other.cursor().execute(at_last)
            other.commit()


async def until_waiting(dsn: str, count: int, *, within_seconds: float = _PATIENCE_SECONDS) -> None:
    """Wait until so many statements wait for a lock."""
    async with asyncio.timeout(within_seconds):
        while await ask(dsn, WAITING) != (count,):
            pass


async def end_the_waiting_one(dsn: str) -> None:
    """End the session that waits for a lock, as soon as there is one."""
    async with asyncio.timeout(_PATIENCE_SECONDS):
        while await ask(dsn, END_WAITING) is None:
            pass
