"""Leases: parts of callers' allowances that this process has taken ahead, so that it asks nobody about each request.

What a lease holds has been taken from the allowance all replicas share, and is used within LEASE_SECONDS or given back
with the next taking. So whatever is admitted was taken at most so long before, and in any time t all replicas together
admit at most `rate · (t + LEASE_SECONDS) + burst`, however many they are. Nor is much refused that would have fit: what
the others hold, each at most one in LEFT_SHARE of what was left when it took it; and who was refused is told so again
for LEASE_SECONDS at most without asking.

A lease is as large as what its caller used in the last one, for LEASE_SECONDS: who comes less often than that has none,
and is decided about exactly.
"""

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from middleware.inbound.quota import Charge, Taken

LEASE_SECONDS = 0.1
"""A tenth of what people mean by "a second" in a limit. A busy caller costs ten round trips a second instead of
thousands; whether 10 are saved or 50 matters to nobody."""

GROWTH = 4
"""How much larger than the one before a lease may be: a caller who begins to be busy is so after a few takings, and two
requests that happen to come together make nobody busy."""

MAXIMUM_LEASES = 10_000
"""Callers remembered at once, about 3 MB; past it whoever took longest ago is forgotten, with what is left of it."""

_MICROSECONDS = 1_000_000
_LEASE_MICROSECONDS = int(LEASE_SECONDS * _MICROSECONDS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """What to take from a LimitStore, and when it was asked for; microseconds of this process's clock."""

    wanted: int
    returned_microseconds: int
    asked_at: int


class Lease:
    """What one caller was last granted, or refused; instants and durations in microseconds."""

    __slots__ = ("asked_at", "capacity", "count", "empty_at", "fits_at", "left", "refused", "taken")

    def __init__(self, charge: Charge, taken: Taken, *, asked_at: int, now: int) -> None:
        cost = charge.cost_microseconds
        self.asked_at = asked_at
        self.capacity = charge.capacity_microseconds
        self.count = taken.count if taken.is_allowed else 1
        self.taken = taken.count * cost if taken.is_allowed else 0
        self.left = self.taken - cost if taken.is_allowed else 0
        self.empty_at = now + taken.used_microseconds
        self.refused = 0 if taken.is_allowed else cost
        self.fits_at = asked_at + taken.wait_microseconds


class Leases:
    """The bookkeeping: what may be decided here, and what to ask for where nothing may. It waits for nobody."""

    def __init__(self, *, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._leases: OrderedDict[str, Lease] = OrderedDict()

    def __len__(self) -> int:
        """How many callers are remembered."""
        return len(self._leases)

    def decide(self, key: str, charge: Charge) -> Taken | None:
        """Decide from what is held; None where the store must be asked."""
        lease = self._leases.get(key)
        if lease is None or lease.capacity != charge.capacity_microseconds:
            return None
        now = int(self._now() * _MICROSECONDS)
        if now >= lease.asked_at + _LEASE_MICROSECONDS:
            return None
        cost = charge.cost_microseconds
        if cost <= lease.left:
            lease.left -= cost
            used = lease.empty_at - now - lease.left
            return Taken(used_microseconds=max(0, used), wait_microseconds=0)
        if 0 < lease.refused <= cost and now < lease.fits_at:
            return Taken(
                used_microseconds=_used(lease, now),
                wait_microseconds=lease.fits_at - now + cost - lease.refused,
                count=0,
            )
        return None

    def asking(self, key: str, charge: Charge) -> Asking:
        """What to ask of the store; what is left of the lease is given back, so it ends here."""
        now = int(self._now() * _MICROSECONDS)
        lease = self._leases.get(key)
        if lease is None:
            return Asking(wanted=1, returned_microseconds=0, asked_at=now)
        lived = max(now - lease.asked_at, 1)
        used_in_a_lease = (lease.taken - lease.left) * _LEASE_MICROSECONDS // lived
        wanted = max(1, min(lease.count * GROWTH, used_in_a_lease // charge.cost_microseconds))
        returned, lease.left = lease.left, 0
        return Asking(wanted=wanted, returned_microseconds=returned, asked_at=now)

    def granted(self, key: str, charge: Charge, *, asking: Asking, taken: Taken) -> Taken:
        """Hold what the store has granted or refused; the decision for the request that asked."""
        now = int(self._now() * _MICROSECONDS)
        lease = self._leases[key] = Lease(charge, taken, asked_at=asking.asked_at, now=now)
        self._leases.move_to_end(key)
        if len(self._leases) > MAXIMUM_LEASES:
            self._leases.popitem(last=False)
        if not taken.is_allowed:
            return taken
        return Taken(used_microseconds=_used(lease, now), wait_microseconds=0)


def _used(lease: Lease, now: int) -> int:
    """How long the allowance stays occupied, as far as known here; what is held is still the caller's to use."""
    return max(0, lease.empty_at - now - lease.left)
