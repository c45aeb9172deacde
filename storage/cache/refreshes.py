"""Answers that are read anew while they are still used: a few at a time, each by one replica."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from contextvars import Context

from middleware.errors import Problem
from middleware.outbound.clock import CLOCK, Clock
from storage.cache.answer_store import AnswerStore

AT_ONCE = 4
"""Half of the connections that reads may use (PoolPolicy): nobody waits for these answers, so they leave room for those
somebody waits for. Whatever is not read anew now is asked for again."""

PAUSE_SECONDS = 1.0
"""How soon this replica asks again to read the same answer anew: another replica may be at it, or Postgres away."""

_REMEMBERED = 10_000
"""About 2 MB of names; past it all are forgotten, which costs each a question too many."""


class Refreshes:
    """Reads answers anew in the background."""

    def __init__(self, store: AnswerStore, *, clock: Clock = CLOCK) -> None:
        self._store = store
        self._clock = clock
        self._tasks: set[asyncio.Task[None]] = set()
        self._not_before: dict[str, float] = {}

    def ask(self, lease: str, read: Callable[[], Awaitable[object]]) -> None:
        """Have `read` called, unless this or another replica is at it, or too many are under way."""
        now = self._clock.now()
        if len(self._tasks) >= AT_ONCE or self._not_before.get(lease, now) > now:
            return
        if len(self._not_before) >= _REMEMBERED:
            self._not_before.clear()
        self._not_before[lease] = now + PAUSE_SECONDS
        # In a context of its own: the deadline and the timings are not those of the request that met the old answer.
        task = asyncio.get_running_loop().create_task(self._run(lease, read), context=Context())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """End them all."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _run(self, lease: str, read: Callable[[], Awaitable[object]]) -> None:
        with suppress(Problem):  # its call has told of it, and who asks next asks for it again
            if await self._store.lease(lease):
                await read()
