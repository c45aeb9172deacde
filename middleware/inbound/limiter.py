"""Asks the shared limits, and the local ones while those do not answer."""

from middleware.errors import Problem
from middleware.inbound.quota import Charge, LimitStore, Taken
from middleware.suspension import Suspension
from telemetry.events import Observe, RateLimitDecided


class Limiter:
    """Decides about each request and says so.

    The first requests to meet a shared store that hangs wait for one of its timeouts. From the first failure on
    everybody is decided about locally at once; after each suspension one request tries the shared store again.
    """

    def __init__(self, shared: LimitStore, local: LimitStore, *, observe: Observe, suspension: Suspension) -> None:
        self._shared = shared
        self._local = local
        self._observe = observe
        self._suspension = suspension

    async def take(self, key: str, charge: Charge) -> Taken:
        """Take the charge if it fits; raises Elapsed where the caller's time is up, nothing where a store fails."""
        if not self._suspension.lets_try():
            return await self._take_locally(key, charge)
        try:
            taken = await self._shared.take(key, charge)
        except Problem:
            if not self._suspension.failed():
                raise  # nobody gets past the limit by allowing too little time
            return await self._take_locally(key, charge)
        self._suspension.answered()
        self._observe(RateLimitDecided(decision="allowed" if taken.is_allowed else "limited"))
        return taken

    async def _take_locally(self, key: str, charge: Charge) -> Taken:
        taken = await self._local.take(key, charge)
        self._observe(RateLimitDecided(decision="allowed_degraded" if taken.is_allowed else "limited_degraded"))
        return taken
