"""Looks, a few times a second and not on any request's way, whether a credential was revoked somewhere."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Protocol

from middleware.errors import Problem

LOOK_SECONDS = 0.25
"""A revocation is seen this much later at most, and a round trip: well within the second that is promised, at four
GETs a second for each replica."""

CURRENT_SECONDS = 1.0
"""How old a look may be: what was revoked longer ago than this is known, or it is known that it is not known."""


class Stamp(Protocol):
    """Something all replicas see, another one after each revocation."""

    async def read(self) -> bytes | None:
        """The stamp of now; raises a Problem where it cannot be seen."""

    async def change(self) -> None:
        """Make it another one; raises a Problem where that cannot be done."""


class RevocationWatch:
    """Calls `on_change` when the stamp is another one than before."""

    def __init__(
        self,
        stamp: Stamp,
        *,
        on_change: Callable[[], Awaitable[None]],
        now: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._stamp = stamp
        self._on_change = on_change
        self._now = now
        self._sleep = sleep
        self._seen: bytes | None = None
        self._looked_at_seconds = float("-inf")

    @property
    def is_current(self) -> bool:
        """Whether every revocation older than CURRENT_SECONDS has been heard of."""
        return self._now() - self._looked_at_seconds <= CURRENT_SECONDS

    async def look(self) -> None:
        """Look once; a stamp that cannot be seen, or a change that cannot be followed, leaves all as it was."""
        began_seconds = self._now()
        try:
            found = await self._stamp.read()
            if found != self._seen:
                await self._on_change()
                self._seen = found
        except Problem:
            return
        self._looked_at_seconds = began_seconds

    async def run(self) -> None:
        """Look again and again, until cancelled."""
        while True:
            await self.look()
            await self._sleep(LOOK_SECONDS)
