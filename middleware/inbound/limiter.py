"""Asks the shared limits, and the local ones while those do not answer."""

import time
from collections.abc import Callable

from middleware.errors import Problem
from middleware.inbound.quota import Charge, LimitStore, Taken
from telemetry.events import Observe, RateLimitDecided

SUSPENSION_SECONDS = 1.0
"""How long the shared limits are left alone after a failure: as long as it takes to be back once they are."""


class Limiter:
    """Decides about each request and says so.

    The first requests to meet a shared store that hangs wait for one of its timeouts. From the first failure on
    everybody is decided about locally at once; after each suspension one request tries the shared store again.
    """

    def __init__(
        self, shared: LimitStore, local: LimitStore, *, observe: Observe, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._shared = shared
        self._local = local
        self._observe = observe
        self._now = now
        self._is_suspended = False
        self._retry_at_seconds = 0.0

    async def take(self, key: str, charge: Charge) -> Taken:
        """Take the charge if it fits; never raises for a store that fails."""
        if self._is_suspended:
            if self._now() < self._retry_at_seconds:
                return await self._take_locally(key, charge)
            self._suspend()  # this request tries, the others go on without
        try:
            taken = await self._shared.take(key, charge)
        except Problem:
            self._suspend()
            return await self._take_locally(key, charge)
        self._is_suspended = False
        self._observe(RateLimitDecided(decision="allowed" if taken.is_allowed else "limited"))
        return taken

    async def _take_locally(self, key: str, charge: Charge) -> Taken:
        taken = await self._local.take(key, charge)
        self._observe(RateLimitDecided(decision="allowed_degraded" if taken.is_allowed else "limited_degraded"))
        return taken

    def _suspend(self) -> None:
        self._is_suspended = True
        self._retry_at_seconds = self._now() + SUSPENSION_SECONDS
