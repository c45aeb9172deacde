"""What a running service tidies up in the background: answers kept long enough, sessions quiet for long enough."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from contextlib import suppress

from middleware.errors import Problem
from storage.credentials.session_table import EXPIRE_AT_ONCE as SESSIONS_AT_ONCE
from storage.credentials.session_table import SessionTable
from storage.kept_answers import EXPIRE_AT_ONCE, expire_answers
from storage.runner import Runner

EVERY_SECONDS = 60.0
"""Between two rounds, and up to as long again: replicas take turns by chance."""

_DAY_SECONDS = 86_400


class Upkeep:
    """Tidies up, round after round, until it is stopped; a round that fails is made up for by the next."""

    def __init__(
        self,
        runner: Runner,
        *,
        answers_hours: float,
        sessions_days: float | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._runner = runner
        self._answers_hours = answers_hours
        self._sessions = SessionTable(runner)
        self._sessions_days = sessions_days
        self._sleep = sleep
        self._jitter = jitter
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin, with a pause."""
        self._task = asyncio.get_running_loop().create_task(self._rounds())

    async def stop(self) -> None:
        """End at once."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])

    async def _rounds(self) -> None:
        while True:
            await self._sleep(EVERY_SECONDS * (1 + self._jitter()))
            with suppress(Problem):  # observed by the layers it passed
                await self._round()

    async def _round(self) -> None:
        """A batch at a time, so that no statement holds rows for long."""
        while await expire_answers(self._runner, older_than_hours=self._answers_hours) == EXPIRE_AT_ONCE:
            pass
        if self._sessions_days is not None:
            while await self._sessions.expire(quiet_seconds=self._sessions_days * _DAY_SECONDS) == SESSIONS_AT_ONCE:
                pass
