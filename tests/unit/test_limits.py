"""Limits: what is declared, what is charged, what is remembered here, and who decides when."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from middleware.deadlines import DEADLINE
from middleware.errors import Elapsed, Problem, Unavailable
from middleware.inbound.leases import Leases
from middleware.inbound.limiter import Limiter
from middleware.inbound.local_limits import LocalLimits
from middleware.inbound.quota import Charge, Limit, Taken, charge_of, scaled
from middleware.suspension import SUSPENSION_SECONDS, Suspension
from server import ANYONE, Model, Resource, Route, Service
from server.declaration import described
from storage.mistakes import Misdeclared
from telemetry.events import RateLimitDecided
from tests.leaky_bucket import LeakyBucket
from tests.recorder import Recorder

LIMIT = Limit(10, per_seconds=1, burst=5)
CHARGE = charge_of("read", LIMIT, cost=1)
LIMITS = st.builds(Limit, st.integers(1, 50), per_seconds=st.integers(1, 60), burst=st.integers(1, 20))


class Clock:
    """Stands where it is put."""

    def __init__(self) -> None:
        self.seconds = 1_000.0

    def __call__(self) -> float:
        return self.seconds


class Note(Model):
    """A model."""

    text: str = ""


async def handle(_request: object) -> None:
    """A handler."""


def allowed(taken: Sequence[Taken]) -> int:
    return sum(one.is_allowed for one in taken)


@given(LIMITS, st.lists(st.tuples(st.integers(0, 10_000_000), st.integers(1, 3)), max_size=60))
async def test_local_limits_decide_as_a_leaky_bucket_does(limit: Limit, arrivals: list[tuple[int, int]]) -> None:
    bucket, now = LeakyBucket(), 0
    limits = LocalLimits(now=lambda: now / 1_000_000)
    for pause, cost in arrivals:
        now += pause
        charge = charge_of("read", limit, cost=min(cost, limit.at_once))
        moment = int(now / 1_000_000 * 1_000_000)

        taken = await limits.take("k", charge)

        assert (taken.used_microseconds, taken.wait_microseconds) == bucket.take(charge, now=moment)


@given(st.integers(1, 12), st.integers(1, 40), st.lists(st.integers(0, 300_000), max_size=80))
async def test_replicas_alone_allow_together_what_the_limit_says(replicas: int, burst: int, pauses: list[int]) -> None:
    clock = Clock()
    everybody = [LocalLimits(replicas=replicas, now=clock) for _ in range(replicas)]
    charge = charge_of("read", Limit(20, per_seconds=1, burst=burst), cost=1)
    count = 0
    for pause in pauses:
        clock.seconds += pause / 1_000_000
        count += allowed([await limits.take("k", charge) for limits in everybody])

    assert count <= (clock.seconds - 1_000.0) * 20 + max(burst, replicas)


async def test_only_so_many_callers_are_remembered_and_the_quietest_is_forgotten() -> None:
    limits = LocalLimits(maximum_callers=2, now=Clock())
    once = charge_of("read", Limit(1), cost=1)

    taken = [await limits.take(key, once) for key in ("a", "b", "c", "b", "a")]

    assert ([one.is_allowed for one in taken], len(limits)) == ([True, True, True, False, True], 2)


class Shared:
    """A shared store that answers or does not."""

    def __init__(self) -> None:
        self.answers = True
        self.failure: type[Problem] = Unavailable
        self.calls = 0

    async def take(self, _key: str, _charge: Charge, *, wanted: int = 1, returned_microseconds: int = 0) -> Taken:
        self.calls += 1
        if not self.answers:
            raise self.failure
        return Taken(used_microseconds=0, wait_microseconds=0)


def limiter_over(shared: Shared, local: LocalLimits, *, events: Recorder, clock: Clock) -> Limiter:
    return Limiter(shared, local, leases=Leases(now=clock), observe=events, suspension=Suspension(now=clock))


async def test_after_a_failure_one_request_a_suspension_tries_the_shared_limits(events: Recorder) -> None:
    shared, clock = Shared(), Clock()
    limiter = limiter_over(shared, LocalLimits(now=clock), events=events, clock=clock)
    shared.answers = False
    for _ in range(3):
        await limiter.take("k", CHARGE)
    clock.seconds += SUSPENSION_SECONDS
    for _ in range(3):
        await limiter.take("k", CHARGE)
    shared.answers = True
    clock.seconds += SUSPENSION_SECONDS
    for _ in range(2):
        await limiter.take("k", CHARGE)

    assert shared.calls == 1 + 1 + 2
    assert [event.decision for event in events.of(RateLimitDecided)] == [*["allowed_degraded"] * 6, *["allowed"] * 2]


async def test_whoever_is_past_the_local_limit_is_refused_while_the_shared_one_is_away(events: Recorder) -> None:
    shared, clock = Shared(), Clock()
    shared.answers = False
    limiter = limiter_over(shared, LocalLimits(replicas=5, now=clock), events=events, clock=clock)

    taken = [await limiter.take("k", CHARGE) for _ in range(3)]

    assert allowed(taken) == 1
    assert [event.decision for event in events.of(RateLimitDecided)] == [
        "allowed_degraded",
        *["limited_degraded"] * 2,
    ]


@pytest.mark.parametrize(
    ("limit", "sentence"),
    [
        (Limit(0), "limit: requests, per_seconds and burst are whole numbers from 1"),
        (Limit(1, per_seconds=0), "limit: requests, per_seconds and burst are whole numbers from 1"),
        (Limit(1, burst=0), "limit: requests, per_seconds and burst are whole numbers from 1"),
        (Limit(1_000_001), "limit allows more than 1,000,000 requests a second; None is no limit at all"),
        (100, "limit is a limit such as Limit(100, per_seconds=60, burst=20), not 100"),
        (Limit(5), "cost 7 never fits a limit that allows 5 at once"),
    ],
)
def test_a_limit_that_cannot_be_kept_is_a_mistake(limit: object, sentence: str) -> None:
    routes = [Route("POST", "/notes/do", handle, access=ANYONE, limit=limit, cost=7)]  # type: ignore[arg-type]  # what it is about

    with pytest.raises(Misdeclared) as raised:
        described(Service(name="notes", routes=routes))

    assert sentence in [mistake.detail for mistake in raised.value.mistakes]


def test_a_resource_and_a_service_are_checked_too() -> None:
    resource = Resource(Note, path="/notes", access=ANYONE, read_limit=Limit(2), cost=3)

    with pytest.raises(Misdeclared) as raised:
        described(Service(name="notes", resources=[resource], write_limit=Limit(0)))

    assert [mistake.detail for mistake in raised.value.mistakes] == [
        "write_limit: requests, per_seconds and burst are whole numbers from 1",
        "cost 3 never fits a limit that allows 2 at once",
    ]


def test_a_caller_s_factor_multiplies_rate_and_burst() -> None:
    charge = charge_of("read", Limit(100, per_seconds=60, burst=20), cost=2)

    assert scaled(charge, 2.5) == charge_of("read", Limit(250, per_seconds=60, burst=50), cost=2)
    assert scaled(charge, 1.0) is charge


@given(LIMITS, st.floats(0.01, 1_000), st.integers(1, 20))
async def test_one_request_fits_whatever_the_factor(limit: Limit, factor: float, cost: int) -> None:
    charge = scaled(charge_of("read", limit, cost=min(cost, limit.at_once)), factor)

    taken = await LocalLimits(now=Clock()).take("k", charge)

    assert (taken.is_allowed, charge.interval_microseconds >= 1) == (True, True)


def test_whoever_holds_several_roles_has_the_most_of_their_factors() -> None:
    service = Service(name="notes", limit_factors={"partner": 10, "trial": 0.1, "staff": 2})

    factors = [service.limit_factor(roles) for roles in ({"staff", "partner"}, {"trial"}, {"trial", "x"}, set(), {"x"})]

    assert factors == [10, 0.1, 0.1, 1.0, 1.0]


@pytest.mark.parametrize("factor", [0, -1, 1_001, True, "2"])
def test_a_factor_that_means_nothing_is_a_mistake(factor: object) -> None:
    routes = [Route("POST", "/notes/do", handle, access=ANYONE)]

    with pytest.raises(Misdeclared, match=r"limit_factors: 'partner' is a number from 0\.01 to 1000"):
        described(Service(name="notes", routes=routes, limit_factors={"partner": factor}))  # type: ignore[dict-item]  # what it is about


async def test_nobody_gets_past_the_shared_limits_by_asking_for_too_little_time(events: Recorder) -> None:
    shared, clock = Shared(), Clock()
    limiter = limiter_over(shared, LocalLimits(now=clock), events=events, clock=clock)
    shared.answers, shared.failure = False, Elapsed
    allowed = DEADLINE.set(clock.seconds)

    with pytest.raises(Elapsed):
        await limiter.take("k", CHARGE)
    DEADLINE.reset(allowed)
    shared.answers = True
    await limiter.take("k", CHARGE)

    assert [event.decision for event in events.of(RateLimitDecided)] == ["allowed"]
