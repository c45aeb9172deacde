"""Asks the shared limits, and the local ones while those do not answer."""

import asyncio

from middleware.errors import Problem
from middleware.inbound.leases import Leases
from middleware.inbound.local_limits import LocalLimits
from middleware.inbound.quota import Charge, LimitStore, Taken
from middleware.suspension import Suspension
from telemetry.events import Observe, RateLimitDecided
from telemetry.observers import bound


class Limiter:
    """Decides about each request and says so: from a lease where there is one, which takes about a microsecond.

    Of several requests of a caller without a lease one asks the shared store, and the others use what it is granted.
    The first to meet a store that hangs wait for one of its timeouts. From the first failure on everybody is decided
    about locally at once; after each suspension one request tries the shared store again.
    """

    def __init__(
        self,
        shared: LimitStore,
        local: LocalLimits,
        *,
        leases: Leases,
        observe: Observe,
        suspension: Suspension,
    ) -> None:
        self._shared = shared
        self._local = local
        self._leases = leases
        self._tell_allowed = bound(observe, RateLimitDecided(decision="allowed"))
        self._tell_limited = bound(observe, RateLimitDecided(decision="limited"))
        self._tell_allowed_degraded = bound(observe, RateLimitDecided(decision="allowed_degraded"))
        self._tell_limited_degraded = bound(observe, RateLimitDecided(decision="limited_degraded"))
        self._suspension = suspension
        self._asked: dict[str, asyncio.Future[None]] = {}

    def decide(self, key: str, charge: Charge) -> Taken | None:
        """Decide from a lease; None without one."""
        taken = self._leases.decide(key, charge)
        if taken is not None:
            (self._tell_limited if taken.wait_microseconds else self._tell_allowed)()
        return taken

    async def take(self, key: str, charge: Charge) -> Taken:
        """Take the charge if it fits; raises Elapsed where the caller's time is up, nothing where a store fails."""
        taken = self._leases.decide(key, charge)
        while taken is None and (asked := self._asked.get(key)) is not None:
            await asyncio.shield(asked)
            taken = self._leases.decide(key, charge)
        if taken is None and self._suspension.lets_try():
            taken = await self._ask(key, charge)
        if taken is None:
            taken = await self._local.take(key, charge)
            (self._tell_allowed_degraded if taken.is_allowed else self._tell_limited_degraded)()
        else:
            (self._tell_limited if taken.wait_microseconds else self._tell_allowed)()
        return taken

    async def _ask(self, key: str, charge: Charge) -> Taken | None:
        """Take from the shared store, for others too; None where it does not answer."""
        asked = self._asked[key] = asyncio.get_running_loop().create_future()
        asking = self._leases.asking(key, charge)
        try:
            taken = await self._shared.take(
                key, charge, wanted=asking.wanted, returned_microseconds=asking.returned_microseconds
            )
        except Problem:
            if not self._suspension.failed():
                raise  # nobody gets past the limit by allowing too little time
            return None
        finally:
            del self._asked[key]
            asked.set_result(None)
        self._suspension.answered()
        return self._leases.granted(key, charge, asking=asking, taken=taken)
