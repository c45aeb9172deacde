"""Where the primary's log is after a write: what its caller sends along to see it on a replica."""

import asyncio
from functools import cache

from middleware.errors import Problem
from storage.postgres.statement import Statement, statement
from storage.replicas.position import SERVER_POSITION, Position, seen_in
from storage.runner import Runner

TELL_SECONDS = 0.25
"""A write that is done is not kept waiting for longer: its caller can do without the position."""


@cache
def _question() -> Statement:
    return statement(SERVER_POSITION, types={}, writes=False)


class WritePositions:
    """Asks the primary how far it is. Whoever wants to know while it is asked shares the next question."""

    def __init__(self, primary: Runner) -> None:
        self._primary = primary
        self._asking: asyncio.Task[Position] | None = None
        self._next: asyncio.Task[Position] | None = None

    async def now(self) -> Position | None:
        """A place that whatever was acknowledged by now lies before; None where the primary does not say."""
        if self._next is None:
            self._next = asyncio.create_task(self._ask(self._asking))
            self._next.add_done_callback(_seen_to)
        try:
            async with asyncio.timeout(TELL_SECONDS):
                return await asyncio.shield(self._next)
        except (Problem, TimeoutError):
            return None

    async def close(self) -> None:
        """End what is asked."""
        going = [task for task in (self._asking, self._next) if task is not None]
        for task in going:
            task.cancel()
        if going:
            await asyncio.wait(going)

    async def _ask(self, before: asyncio.Task[Position] | None) -> Position:
        if before is not None:
            await asyncio.wait([before])
        self._asking, self._next = self._next, None
        return seen_in(await self._primary.run(_question(), operation="position")).position


def _seen_to(asked: asyncio.Task[Position]) -> None:
    """Whoever asked may have stopped waiting for it: then nobody hears that it failed."""
    if not asked.cancelled():
        asked.exception()
