"""Runs a migration beside the event loop, and stops it when whoever waits for it is cancelled."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

from storage.migrations.planning import Target
from storage.migrations.session import Session

T = TypeVar("T")

STOP_AGAIN_SECONDS = 0.1
"""A cancel that reaches Postgres between two statements ends neither, so it is sent until the migration has ended."""


async def on_migration_thread(target: Target, work: Callable[[Target], T]) -> T:
    """Call `work` with the target, on a thread; what it returns or raises. A cancel stops it at the next statement.

    What it has done so far stays done, in whole steps; the next migration finishes.
    """
    sessions: list[Session] = []
    listening = replace(target, opened=sessions.append)
    running = asyncio.ensure_future(asyncio.to_thread(work, listening))
    try:
        return await asyncio.shield(running)
    except asyncio.CancelledError:
        while not running.done():
            for session in sessions:
                session.stop()
            await asyncio.wait([running], timeout=STOP_AGAIN_SECONDS)
        running.exception()
        raise
