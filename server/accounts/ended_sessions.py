"""Which sessions have ended while tokens of theirs may still be alive: what lets a token be taken back."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Protocol

from middleware.errors import Problem
from storage.credentials.session_table import News

HEAR_SECONDS = 10.0
"""How often they are asked for where nobody says that one has ended: how late it is heard of while Redis is away."""

OVERLAP_SECONDS = 30.0
"""How far each question reaches back behind the one before: a sign-out bears the time its transaction began, and no
statement takes as long."""


class SessionNews(Protocol):
    """The table of sessions."""

    async def hear(self, *, within_seconds: float) -> News:
        """What has happened in the last so many seconds; raises a Problem where that cannot be found out."""


class EndedSessions:
    """Remembers the sessions that ended less than `kept_seconds` ago, which is as long as a token of theirs lives."""

    def __init__(
        self,
        news: SessionNews,
        *,
        kept_seconds: float,
        on_other_keys: Callable[[], Awaitable[None]],
        now: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._news = news
        self._kept_seconds = kept_seconds
        self._on_other_keys = on_other_keys
        self._now = now
        self._sleep = sleep
        self._heard_at_seconds = float("-inf")
        self._ended: dict[str, float] = {}
        self._key_ids: tuple[str, ...] = ()

    @property
    def is_known(self) -> bool:
        """Whether they have ever been heard of: before, no token can be told from one that was taken back."""
        return self._heard_at_seconds != float("-inf")

    def has(self, session_id: str) -> bool:
        """Whether the session has ended."""
        return session_id in self._ended

    def add(self, session_id: str) -> None:
        """A session has ended, here."""
        self._ended[session_id] = self._now()

    async def hear(self) -> None:
        """Ask what is new; raises a Problem where there is no answer."""
        began_seconds = self._now()
        reach_seconds = min(self._kept_seconds, began_seconds - self._heard_at_seconds) + OVERLAP_SECONDS
        news = await self._news.hear(within_seconds=reach_seconds)
        for session_id in news.ended:
            self._ended.setdefault(session_id, began_seconds)
        kept_since = began_seconds - self._kept_seconds - OVERLAP_SECONDS
        self._ended = {one: since for one, since in self._ended.items() if since >= kept_since}
        if news.key_ids != self._key_ids:
            await self._on_other_keys()
            self._key_ids = news.key_ids
        self._heard_at_seconds = began_seconds

    async def run(self) -> None:
        """Ask again and again, until cancelled."""
        while True:
            with suppress(Problem):  # observed by the layers it passed; what cannot be read cannot be ended either
                await self.hear()
            await self._sleep(HEAR_SECONDS)
