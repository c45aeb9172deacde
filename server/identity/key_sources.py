"""Where the keys of tokens come from: a file that is read once, or an address that is asked again and again."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Protocol

from middleware.errors import Problem, Unavailable
from server.identity.key_set import KeySet, KeySetUnfit, PublicKey, read_key_set
from server.identity.single_flight import SingleFlight
from telemetry.events import KeySetFetched, Observe

REFRESH_SECONDS = 300.0
"""How old a set may become before it is asked for again."""

AGAIN_SECONDS = 10.0
"""How soon it may be asked for again, whatever tokens name: whoever invents names of keys makes us ask no oftener."""

USABLE_SECONDS = 86_400.0
"""How long a set is relied on that cannot be fetched again: longer than an identity provider is down, shorter than a
key that it took back may matter."""

Fetch = Callable[[], Awaitable[bytes]]
"""Asks for the set; raises a Problem where there is no answer."""


class KeySource(Protocol):
    """Finds the key of a token."""

    async def find(self, key_id: str | None, algorithm: str) -> PublicKey | None:
        """The key, None where there is none; raises Unavailable where that cannot be found out."""


class FixedKeys:
    """Keys that do not change while the process runs."""

    def __init__(self, keys: KeySet) -> None:
        self._keys = keys

    async def find(self, key_id: str | None, algorithm: str) -> PublicKey | None:
        """The key."""
        return self._keys.find(key_id, algorithm)


class FetchedKeys:
    """Keys as an address tells them: fetched ahead of need, once for all who wait, and kept while it is away."""

    def __init__(
        self,
        fetch: Fetch,
        observe: Observe,
        *,
        now: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._fetch = fetch
        self._observe = observe
        self._now = now
        self._sleep = sleep
        self._keys = KeySet([])
        self._fetched_at_seconds = float("-inf")
        self._asked_at_seconds = float("-inf")
        self._flights = SingleFlight(self._refresh)

    async def find(self, key_id: str | None, algorithm: str) -> PublicKey | None:
        """The key; an unknown name has the set asked for again, if that was not done just now."""
        if not self._is_usable:
            await self._flights.get("")
            if not self._is_usable:
                raise Unavailable("The keys that tokens are signed with cannot be fetched just now.")
        found = self._keys.find(key_id, algorithm)
        if found is None and self._now() - self._asked_at_seconds >= AGAIN_SECONDS:
            await self._flights.get("")
            found = self._keys.find(key_id, algorithm)
        return found

    async def run(self) -> None:
        """Fetch now and again, sooner after a failure."""
        while True:
            await self._flights.get("")
            await self._sleep(REFRESH_SECONDS if self._is_fresh else AGAIN_SECONDS)

    @property
    def _is_usable(self) -> bool:
        return self._now() - self._fetched_at_seconds < USABLE_SECONDS

    @property
    def _is_fresh(self) -> bool:
        return self._now() - self._fetched_at_seconds < REFRESH_SECONDS

    async def _refresh(self, _set: str) -> None:
        """Ask once; what fails leaves the keys that there are."""
        began_seconds = self._asked_at_seconds = self._now()
        try:
            self._keys = read_key_set(await self._fetch())
        except (Problem, KeySetUnfit) as error:
            outcome, reason = ("error", f"{error}")
        else:
            outcome, reason = "ok", ""
            self._fetched_at_seconds = self._now()
        self._observe(
            KeySetFetched(
                outcome="ok" if outcome == "ok" else "error",
                keys=len(self._keys),
                reason=reason,
                duration_seconds=self._now() - began_seconds,
            )
        )
