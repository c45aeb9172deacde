"""Leases: who has one, what it holds, what all replicas together admit, and who asks for it."""

import asyncio
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from middleware.errors import Problem, Unavailable
from middleware.inbound.leases import GROWTH, LEASE_SECONDS, MAXIMUM_LEASES, Leases
from middleware.inbound.limiter import Limiter
from middleware.inbound.local_limits import LocalLimits
from middleware.inbound.quota import LEFT_SHARE, Charge, Limit, Taken, charge_of
from middleware.suspension import Suspension
from telemetry.events import RateLimitDecided
from tests.leaky_bucket import LeakyBucket
from tests.recorder import Recorder

MICROSECONDS = 1_000_000
LEASE_MICROSECONDS = int(LEASE_SECONDS * MICROSECONDS)
PLENTY = charge_of("read", Limit(100_000), cost=1)
LIMITS = st.builds(Limit, st.integers(1, 5_000), per_seconds=st.integers(1, 10), burst=st.integers(1, 2_000))
ARRIVALS = st.lists(
    st.tuples(st.one_of(st.integers(0, 2_000), st.integers(0, 400_000)), st.integers(0, 2), st.integers(1, 40)),
    max_size=60,
)
"""Each a pause in microseconds, the replica that is called then, and how often."""


class Clock:
    """Stands where it is put."""

    def __init__(self) -> None:
        self.microseconds = 1_000 * MICROSECONDS

    def __call__(self) -> float:
        return self.microseconds / MICROSECONDS

    @property
    def moment(self) -> int:
        """Now, as whoever asks this clock makes it of its seconds."""
        return int(self() * MICROSECONDS)


class Shared:
    """The limits all replicas share: exact, and counting what is held of them."""

    def __init__(self, clock: Clock) -> None:
        self.limits = LocalLimits(now=clock)
        self.asked: list[tuple[int, int]] = []
        self.held = 0
        self.failure: Problem | None = None
        self.gate: asyncio.Event | None = None

    async def take(self, key: str, charge: Charge, *, wanted: int = 1, returned_microseconds: int = 0) -> Taken:
        self.asked.append((wanted, returned_microseconds))
        if self.gate is not None:
            await self.gate.wait()
        if self.failure is not None:
            raise self.failure
        taken = await self.limits.take(key, charge, wanted=wanted, returned_microseconds=returned_microseconds)
        self.held += taken.count * charge.cost_microseconds - returned_microseconds
        return taken


def replica(shared: Shared, clock: Clock, *, events: Recorder | None = None) -> Limiter:
    return Limiter(
        shared,
        LocalLimits(now=clock),
        leases=Leases(now=clock),
        observe=events or Recorder(),
        suspension=Suspension(now=clock),
    )


def allowed(taken: Sequence[Taken]) -> int:
    return sum(one.is_allowed for one in taken)


async def test_who_comes_seldom_has_no_lease() -> None:
    clock, charge = Clock(), PLENTY
    shared = Shared(clock)
    limiter = replica(shared, clock)

    for _ in range(5):
        await limiter.take("k", charge)
        clock.microseconds += LEASE_MICROSECONDS

    assert shared.asked == [(1, 0)] * 5


async def test_who_comes_often_is_asked_about_seldom() -> None:
    clock = Clock()
    shared = Shared(clock)
    limiter = replica(shared, clock)

    for _ in range(1_000):
        await limiter.take("k", PLENTY)
        clock.microseconds += 1_000

    assert [wanted for wanted, _ in shared.asked][:5] == [1, GROWTH, GROWTH**2, GROWTH**3, 100]
    assert len(shared.asked) <= 15


async def test_what_is_not_used_in_time_is_given_back() -> None:
    clock = Clock()
    shared = Shared(clock)
    limiter = replica(shared, clock)
    for _ in range(2):
        await limiter.take("k", PLENTY)
        clock.microseconds += 1_000
    clock.microseconds += LEASE_MICROSECONDS

    await limiter.take("k", PLENTY)

    assert shared.asked == [(1, 0), (GROWTH, 0), (1, (GROWTH - 1) * PLENTY.cost_microseconds)]


async def test_what_is_held_is_still_told_as_left() -> None:
    clock, charge = Clock(), charge_of("read", Limit(1_000, burst=100), cost=1)
    limiter = replica(Shared(clock), clock)

    taken = [await limiter.take("k", charge) for _ in range(10)]

    assert [one.used_microseconds for one in taken] == [charge.interval_microseconds * used for used in range(1, 11)]


async def test_who_was_refused_is_refused_again_without_asking_until_it_fits() -> None:
    clock, charge = Clock(), charge_of("read", Limit(100, burst=1), cost=1)
    shared = Shared(clock)
    limiter = replica(shared, clock)

    at_once = [await limiter.take("k", charge) for _ in range(5)]
    clock.microseconds += charge.interval_microseconds // 2
    half_way = await limiter.take("k", charge)
    clock.microseconds += charge.interval_microseconds // 2
    in_time = await limiter.take("k", charge)

    assert [one.wait_microseconds for one in [*at_once, half_way, in_time]] == [0, *[10_000] * 4, 5_000, 0]
    assert len(shared.asked) == 3


async def test_a_refusal_is_not_repeated_for_longer_than_a_lease_lasts() -> None:
    clock, charge = Clock(), charge_of("read", Limit(1, per_seconds=60), cost=1)
    shared = Shared(clock)
    limiter = replica(shared, clock)
    for _ in range(3):
        await limiter.take("k", charge)
    clock.microseconds += LEASE_MICROSECONDS
    shared.limits = LocalLimits(now=clock)  # the server has forgotten, or somebody has given something back

    taken = await limiter.take("k", charge)

    assert (taken.is_allowed, len(shared.asked)) == (True, 3)


async def test_what_costs_less_may_fit_where_what_costs_more_did_not() -> None:
    clock, limit = Clock(), Limit(1, per_seconds=60, burst=3)
    limiter = replica(Shared(clock), clock)

    taken = [await limiter.take("k", charge_of("read", limit, cost=cost)) for cost in (2, 2, 1, 1)]

    assert [one.is_allowed for one in taken] == [True, False, True, False]


async def test_only_so_many_callers_are_remembered() -> None:
    leases = Leases(now=Clock())
    for number in range(MAXIMUM_LEASES + 1):
        asking = leases.asking(str(number), PLENTY)
        leases.granted(str(number), PLENTY, asking=asking, taken=Taken(used_microseconds=0, wait_microseconds=0))

    assert len(leases) == MAXIMUM_LEASES


@given(LIMITS, st.integers(1, 4), ARRIVALS)
async def test_replicas_admit_no_more_than_if_each_request_came_a_lease_earlier(
    limit: Limit, cost: int, arrivals: list[tuple[int, int, int]]
) -> None:
    """A bucket that is larger by what leaks from it in LEASE_SECONDS holds all that is admitted."""
    clock, bucket = Clock(), LeakyBucket()
    shared = Shared(clock)
    replicas = [replica(shared, clock) for _ in range(3)]
    charge = charge_of("read", limit, cost=min(cost, limit.at_once))
    for pause, number, times in arrivals:
        clock.microseconds += pause
        for _ in range(times):
            if (await replicas[number].take("k", charge)).is_allowed:
                shared.held -= charge.cost_microseconds
                level, _ = bucket.take(_larger(charge), now=clock.moment)

                assert level <= charge.capacity_microseconds + LEASE_MICROSECONDS
                assert bucket.last == clock.moment  # it was held, not refused


@given(LIMITS, ARRIVALS)
async def test_nothing_is_refused_that_fits_beside_what_is_held(
    limit: Limit, arrivals: list[tuple[int, int, int]]
) -> None:
    clock, bucket = Clock(), LeakyBucket()
    shared = Shared(clock)
    replicas = [replica(shared, clock) for _ in range(3)]
    charge = charge_of("read", limit, cost=1)
    for pause, number, times in arrivals:
        clock.microseconds += pause
        for _ in range(times):
            asked = len(shared.asked)
            taken = await replicas[number].take("k", charge)
            if taken.is_allowed:
                shared.held -= charge.cost_microseconds
                bucket.take(_larger(charge), now=clock.moment)
            elif len(shared.asked) > asked:
                level = max(0, bucket.level - (clock.moment - bucket.last))

                assert level + shared.held + charge.cost_microseconds > charge.capacity_microseconds
            assert shared.held <= 3 * charge.capacity_microseconds // LEFT_SHARE


@given(st.integers(1, 5_000), st.integers(1, 2 * LEFT_SHARE - 1), ARRIVALS)
async def test_a_small_burst_is_held_to_exactly(rate: int, burst: int, arrivals: list[tuple[int, int, int]]) -> None:
    clock, bucket = Clock(), LeakyBucket()
    shared = Shared(clock)
    replicas = [replica(shared, clock) for _ in range(3)]
    charge = charge_of("read", Limit(rate, burst=burst), cost=1)
    for pause, number, times in arrivals:
        clock.microseconds += pause
        for _ in range(times):
            taken = await replicas[number].take("k", charge)

            assert taken.wait_microseconds == bucket.take(charge, now=clock.moment)[1]


def _larger(charge: Charge) -> Charge:
    """The same, with room for what comes late by as much as a lease lasts."""
    return Charge(
        name=charge.name,
        interval_microseconds=charge.interval_microseconds,
        capacity_microseconds=charge.capacity_microseconds + LEASE_MICROSECONDS,
        cost=charge.cost,
        policy=charge.policy,
        limit=charge.limit,
    )


async def test_of_many_requests_at_once_one_asks_and_the_others_use_what_it_got() -> None:
    clock = Clock()
    shared = Shared(clock)
    shared.gate = asyncio.Event()
    limiter = replica(shared, clock)
    requests = [asyncio.ensure_future(limiter.take("k", PLENTY)) for _ in range(100)]
    await asyncio.sleep(0)
    shared.gate.set()

    taken = await asyncio.gather(*requests)

    assert (allowed(taken), [wanted for wanted, _ in shared.asked]) == (100, [1, 4, 16, 64, 256])


async def test_where_the_store_fails_only_the_first_has_asked_it(events: Recorder) -> None:
    clock = Clock()
    shared = Shared(clock)
    shared.gate, shared.failure = asyncio.Event(), Unavailable()
    limiter = replica(shared, clock, events=events)
    requests = [asyncio.ensure_future(limiter.take("k", PLENTY)) for _ in range(10)]
    await asyncio.sleep(0)
    shared.gate.set()

    await asyncio.gather(*requests)

    assert len(shared.asked) == 1
    assert [event.decision for event in events.of(RateLimitDecided)] == ["allowed_degraded"] * 10


@pytest.mark.parametrize("leaver", [0, 1])
async def test_whoever_leaves_takes_nobody_along(leaver: int) -> None:
    clock = Clock()
    shared = Shared(clock)
    shared.gate = asyncio.Event()
    limiter = replica(shared, clock)
    requests = [asyncio.ensure_future(limiter.take("k", PLENTY)) for _ in range(3)]
    await asyncio.sleep(0)
    requests[leaver].cancel()
    await asyncio.sleep(0)
    shared.gate.set()

    ended = await asyncio.gather(*requests, return_exceptions=True)

    assert [isinstance(one, Taken) for one in ended] == [number != leaver for number in range(3)]
