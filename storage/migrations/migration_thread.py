"""Runs a migration beside the event loop, and stops it when whoever waits for it is cancelled."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TypeVar

from storage.migrations.planning import Target
from storage.migrations.session import Session
from storage.postgres.thread_work import on_a_thread

T = TypeVar("T")


async def on_migration_thread(target: Target, work: Callable[[Target], T]) -> T:
    """Call `work` with the target, on a thread; what it returns or raises. A cancel stops it at the next statement.

    What it has done so far stays done, in whole steps; the next migration finishes.
    """
    sessions: list[Session] = []
    listening = replace(target, opened=sessions.append)

    def stop() -> None:
        for session in sessions:
            session.stop()

    return await on_a_thread(partial(work, listening), stop=stop)
