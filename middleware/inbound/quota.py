"""How much a caller may ask for: what a team declares, and the same in a limiter's numbers."""

from dataclasses import dataclass, field
from functools import lru_cache
from typing import Protocol

from telemetry.frozen import frozen

_MICROSECONDS = 1_000_000
_SCALES_REMEMBERED = 1_024

LEFT_SHARE = 4
"""Nobody takes more than a quarter of what is left for later: for a caller near the limit nothing is put aside, so that
it is held to as exactly as if each request were decided about alone."""


@dataclass(frozen=True, slots=True)
class Limit:
    """So many requests in so many seconds for each caller, and at most `burst` of them at once.

    `Limit(100, per_seconds=60, burst=20)`: twenty at once, then one every 0.6 s. Without a burst all may come at once.
    """

    requests: int
    per_seconds: int = 1
    burst: int | None = None

    @property
    def at_once(self) -> int:
        """How many may come at once."""
        return self.requests if self.burst is None else self.burst


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge:
    """What one request takes from a limit.

    `name` tells the limit from others; requests under one name share it. A request occupies its caller's allowance for
    `interval_microseconds` for each unit of its `cost`; what is occupied may not exceed `capacity_microseconds`.
    `policy` is the limit as `RateLimit-Policy` says it, `limit` as it was declared.
    """

    name: str
    interval_microseconds: int
    capacity_microseconds: int
    cost: int
    policy: str
    limit: Limit
    cost_microseconds: int = field(init=False)
    """For how long one request occupies the allowance."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "cost_microseconds", self.cost * self.interval_microseconds)


def charge_of(name: str, limit: Limit, *, cost: int) -> Charge:
    """What requests of this cost take from a limit; a fraction of a microsecond is rounded against the caller."""
    interval = -(-limit.per_seconds * _MICROSECONDS // limit.requests)
    return Charge(
        name=name,
        interval_microseconds=interval,
        capacity_microseconds=interval * limit.at_once,
        cost=cost,
        policy=f'"{name}";q={limit.requests};w={limit.per_seconds}',
        limit=limit,
    )


def scaled(charge: Charge, factor: float) -> Charge:
    """The same for a caller whose limits are so many times those declared; one request always fits."""
    return charge if factor == 1 else _scaled(charge, factor)


@lru_cache(_SCALES_REMEMBERED)
def _scaled(charge: Charge, factor: float) -> Charge:
    limit = charge.limit
    larger = Limit(
        min(max(1, int(limit.requests * factor)), limit.per_seconds * _MICROSECONDS),
        per_seconds=limit.per_seconds,
        burst=max(charge.cost, int(limit.at_once * factor)),
    )
    return charge_of(charge.name, larger, cost=charge.cost)


@frozen
class Taken:
    """A limiter's decision: how long the caller's allowance stays occupied, and how long to wait until it fits.

    `wait_microseconds` is 0 exactly where the request is allowed. `count` is how many such requests were taken for.
    """

    used_microseconds: int
    wait_microseconds: int
    count: int = 1

    @property
    def is_allowed(self) -> bool:
        """Whether the request may go on."""
        return self.wait_microseconds == 0


class Decider(Protocol):
    """Decides about one request."""

    def decide(self, key: str, charge: Charge) -> Taken | None:
        """The same as `take`, where nobody has to be asked; None where somebody must be."""

    async def take(self, key: str, charge: Charge) -> Taken:
        """Take the charge from the allowance under `key` if it fits; raise a Problem where nobody can tell."""


class LimitStore(Protocol):
    """Remembers how much each caller has taken."""

    async def take(self, key: str, charge: Charge, *, wanted: int = 1, returned_microseconds: int = 0) -> Taken:
        """Take the charge from the allowance under `key` if it fits; raise a Problem where nobody can tell.

        First give back what was taken before and not used. Where the charge fits, take it up to `wanted` times: as many
        as fit into one in LEFT_SHARE of what is left, at least one.
        """
