"""Finds out who calls: the parts of it put together, and what runs beside the requests for it."""

import asyncio
from contextlib import suppress

from middleware.inbound.authenticate import Authenticator
from server.identity.api_keys import ApiKeys, LimitFactor
from server.identity.key_ring import KeyRing
from server.identity.key_uses import KeyUses
from server.identity.revocation_watch import RevocationWatch, Stamp
from server.identity.verified import Verified
from storage.credentials.key_table import KeyTable
from storage.records import Runner


class Callers:
    """Authenticates callers while open. Closed, it takes no admin's key and writes no last use."""

    def __init__(self, runner: Runner, stamp: Stamp, *, limit_factor: LimitFactor) -> None:
        table, verified = KeyTable(runner), Verified()
        self._watch = RevocationWatch(stamp, on_change=verified.doubt_all)
        self._uses = KeyUses(table)
        self._running: list[asyncio.Task[None]] = []
        self.keys = KeyRing(table, stamp)
        self.authenticator: Authenticator = ApiKeys(
            table, verified=verified, watch=self._watch, uses=self._uses, limit_factor=limit_factor
        )

    async def open(self) -> None:
        """Hear of revocations, and write down which keys are used."""
        await self._watch.look()
        self._running = [asyncio.create_task(self._watch.run()), asyncio.create_task(self._uses.run())]

    async def close(self) -> None:
        """Stop both; what was used since the last time is written down."""
        for task in self._running:
            task.cancel()
        for task in self._running:
            with suppress(asyncio.CancelledError):
                await task
        self._running.clear()
