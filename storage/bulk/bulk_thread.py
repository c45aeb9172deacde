"""Runs a bulk load beside the event loop, and stops it when whoever waits for it is cancelled."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

from storage.bulk.bulk_session import BulkSession, bulk_session

T = TypeVar("T")

STOP_AGAIN_SECONDS = 0.1
"""A cancel that reaches Postgres between two statements ends neither, so it is sent until the load has ended."""


async def on_a_thread(dsn: str, work: Callable[[BulkSession], T]) -> T:
    """Give `work` a session of its own, on a thread; what it returns or raises. A cancel ends it first."""
    sessions: list[BulkSession] = []

    def run() -> T:
        with bulk_session(dsn) as session:
            sessions.append(session)
            return work(session)

    running = asyncio.ensure_future(asyncio.to_thread(run))
    try:
        return await asyncio.shield(running)
    except asyncio.CancelledError:
        while not running.done():
            for session in sessions:
                session.stop()
            await asyncio.wait([running], timeout=STOP_AGAIN_SECONDS)
        running.exception()
        raise
