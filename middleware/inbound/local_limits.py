"""Limits remembered in this process: what holds while the shared ones cannot be reached."""

import time
from collections import OrderedDict
from collections.abc import Callable

from middleware.inbound.quota import LEFT_SHARE, Charge, Taken

MAXIMUM_CALLERS = 10_000
"""Remembered at once, about 2 MB; past it whoever was quiet longest is forgotten and starts afresh."""

_MICROSECONDS = 1_000_000


class LocalLimits:
    """The same algorithm as the shared limits (gcra.lua), each process with its share of them.

    With N replicas each allows 1/N of the rate and of the burst, but always room for one request. So while the shared
    limits are away a caller gets in any time t at most `rate · t + max(burst, N · cost)` from all replicas together:
    what the limit says, where the burst is at least N requests. Going over to the local limits gives a caller one more
    burst, as the processes do not know what was taken before; coming back gives at most that again.
    """

    def __init__(
        self,
        *,
        replicas: int = 1,
        maximum_callers: int = MAXIMUM_CALLERS,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._replicas = replicas
        self._maximum_callers = maximum_callers
        self._now = now
        self._free_at: OrderedDict[str, int] = OrderedDict()

    async def take(self, key: str, charge: Charge, *, wanted: int = 1, returned_microseconds: int = 0) -> Taken:
        """Take the charge if it fits."""
        now = int(self._now() * _MICROSECONDS)
        before = max(self._free_at.get(key, now) - returned_microseconds * self._replicas, now)
        cost, left = charge.cost_microseconds * self._replicas, now + self._capacity_microseconds(charge) - before
        if cost > left:
            if returned_microseconds:
                self._remember(key, before)
            return Taken(used_microseconds=before - now, wait_microseconds=cost - left, count=0)
        count = max(1, min(wanted, left // cost // LEFT_SHARE))
        after = before + count * cost
        self._remember(key, after)
        return Taken(used_microseconds=after - now, wait_microseconds=0, count=count)

    def __len__(self) -> int:
        """How many callers are remembered."""
        return len(self._free_at)

    def _capacity_microseconds(self, charge: Charge) -> int:
        burst = charge.capacity_microseconds // charge.interval_microseconds
        return max(burst // self._replicas, charge.cost) * charge.interval_microseconds * self._replicas

    def _remember(self, key: str, free_at: int) -> None:
        self._free_at[key] = free_at
        self._free_at.move_to_end(key)
        if len(self._free_at) > self._maximum_callers:
            self._free_at.popitem(last=False)
