"""Finds out who calls: the parts of it put together, and what runs beside the requests for it."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass

from middleware.inbound.authenticate import Authenticator
from server.identity.api_keys import ApiKeys, LimitFactor
from server.identity.credentials import Credentials
from server.identity.key_ring import KeyRing
from server.identity.key_uses import KeyUses
from server.identity.revocation_watch import RevocationWatch, Stamp
from server.identity.verified import Verified
from storage.credentials.key_table import KeyTable
from storage.runner import Runner


async def _nothing() -> None:
    """What is done for tokens whose keys need neither fetching nor letting go of."""


@dataclass(frozen=True, slots=True)
class TokenParts:
    """What takes tokens: who tells whose one is, what to run beside, what to close."""

    authenticator: Authenticator
    run: Callable[[], Coroutine[None, None, None]] = _nothing
    close: Callable[[], Awaitable[None]] = _nothing


class Callers:
    """Authenticates callers while open. Closed, it takes no admin's key and writes no last use."""

    def __init__(
        self, runner: Runner, stamp: Stamp, *, limit_factor: LimitFactor, tokens: TokenParts | None = None
    ) -> None:
        table, verified = KeyTable(runner), Verified()

        async def doubt() -> None:
            verified.doubt_all()

        self._watch = RevocationWatch(stamp, on_change=doubt)
        self._uses = KeyUses(table)
        self._running: list[asyncio.Task[None]] = []
        self.keys = KeyRing(table, stamp)
        self._tokens = tokens
        api_keys = ApiKeys(table, verified=verified, watch=self._watch, uses=self._uses, limit_factor=limit_factor)
        self.authenticator: Authenticator = api_keys if tokens is None else Credentials(api_keys, tokens.authenticator)

    async def open(self) -> None:
        """Hear of revocations, and write down which keys are used."""
        await self._watch.look()
        loops = [self._watch.run, self._uses.run, *([] if self._tokens is None else [self._tokens.run])]
        self._running = [asyncio.create_task(run()) for run in loops]

    async def close(self) -> None:
        """Stop both; what was used since the last time is written down."""
        for task in self._running:
            task.cancel()
        for task in self._running:
            with suppress(asyncio.CancelledError):
                await task
        self._running.clear()
        if self._tokens is not None:
            await self._tokens.close()
