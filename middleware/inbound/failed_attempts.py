"""How often an address may fail to say who calls, before it is no longer heard for a while."""

import time
from collections import OrderedDict
from collections.abc import Callable

from aiohttp import web

from middleware.inbound.quota import Limit, Taken, charge_of
from middleware.inbound.rate_limit import Limits

FAILED_ATTEMPTS = charge_of("authentication", Limit(300, per_seconds=60, burst=100), cost=1)
"""Guessing 256 bits is hopeless at any rate; what is limited is the work a failure makes, a look-up or a signature. A
hundred people behind one address whose tokens expire together still get their new ones."""

MAXIMUM_ADDRESSES = 10_000
"""Remembered as silenced at once, about 2 MB."""

_MICROSECONDS = 1_000_000


class FailedAttempts:
    """Counts failures by address in the limits all replicas share.

    Whoever has none left is silenced in this process until the next one fits, so that it costs no call to anything.
    """

    def __init__(self, limits: Limits, *, now: Callable[[], float] = time.monotonic) -> None:
        self._limits = limits
        self._now = now
        self._silenced_until: OrderedDict[str, float] = OrderedDict()

    def silenced(self, request: web.Request) -> Taken | None:
        """What the request's address is told while it is not heard; None where it is."""
        address = self._limits.address_of(request)
        until = self._silenced_until.get(address)
        if until is None:
            return None
        left = until - self._now()
        if left <= 0:
            del self._silenced_until[address]
            return None
        return Taken(
            used_microseconds=FAILED_ATTEMPTS.capacity_microseconds, wait_microseconds=int(left * _MICROSECONDS) + 1
        )

    async def count(self, request: web.Request) -> Taken:
        """Take one failure from the address's allowance."""
        address = self._limits.address_of(request)
        key = self._limits.key(f"address {address}", FAILED_ATTEMPTS)
        taken = await self._limits.store.take(key, FAILED_ATTEMPTS)
        if not taken.is_allowed:
            self._silenced_until[address] = self._now() + taken.wait_microseconds / _MICROSECONDS
            if len(self._silenced_until) > MAXIMUM_ADDRESSES:
                self._silenced_until.popitem(last=False)
        return taken
