"""Runs a bulk load beside the event loop."""

from collections.abc import Callable
from typing import TypeVar

from storage.bulk.bulk_session import BulkSession, bulk_session
from storage.postgres.thread_work import on_a_thread

T = TypeVar("T")


async def on_bulk_thread(dsn: str, work: Callable[[BulkSession], T]) -> T:
    """Give `work` a session of its own, on a thread; what it returns or raises. A cancel stops the session first."""
    sessions: list[BulkSession] = []

    def run() -> T:
        with bulk_session(dsn) as session:
            sessions.append(session)
            return work(session)

    def stop() -> None:
        for session in sessions:
            session.stop()

    return await on_a_thread(run, stop=stop)
