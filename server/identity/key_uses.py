"""When each key was last used, written down once a minute and never on a request's way."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Protocol

from middleware.errors import Problem

WRITE_SECONDS = 60.0


class UsedKeys(Protocol):
    """Where it is written down."""

    async def mark_used(self, key_ids: set[str]) -> None:
        """Remember that these were used just now; raises a Problem where that cannot be done."""


class KeyUses:
    """Gathers the keys that are used, and writes them down in one statement."""

    def __init__(self, table: UsedKeys, *, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
        self._table = table
        self._sleep = sleep
        self._used: set[str] = set()

    def used(self, key_id: str) -> None:
        """A request came with this key."""
        self._used.add(key_id)

    async def write(self) -> None:
        """Write down what has gathered; where that fails it is for the next time."""
        gathered, self._used = self._used, set()
        if not gathered:
            return
        try:
            await self._table.mark_used(gathered)
        except Problem:
            self._used |= gathered

    async def run(self) -> None:
        """Write again and again; once more when cancelled."""
        try:
            while True:
                await self._sleep(WRITE_SECONDS)
                await self.write()
        finally:
            with suppress(asyncio.CancelledError):
                await self.write()
