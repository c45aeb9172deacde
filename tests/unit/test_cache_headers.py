"""What callers ask of a cache and what they are told of it."""

import pytest
from aiohttp.test_utils import make_mocked_request

from middleware.suspension import SUSPENSION_SECONDS, Suspension
from server.cache_headers import CacheHeaders, Sharing
from server.requests.cache_wishes import NOT_KEPT, wish_of
from storage.cache.answer_store import Found
from storage.cache.answered import ANY_AGE, FRESH, Answered, Wish
from storage.cache.cache_policy import CachePolicy
from storage.cache.candidate import Candidate, candidate, hit
from storage.cache.entry import Entry, Rows
from telemetry.events import CacheResult
from tests.hand_clock import HandClock

POLICY = CachePolicy(fresh_seconds=30)
ROWS: Rows = [(b"{}", b"1.a", b"7")]
NOW = 1_700_000_000_000_000


@pytest.mark.parametrize(
    ("lines", "wish"),
    [
        ([], ANY_AGE),
        (["no-cache"], FRESH),
        (["max-age=0"], FRESH),
        (["No-Cache, max-age=60"], FRESH),
        (["no-store, no-cache"], NOT_KEPT),
        (["max-age=60", 'max-age="20"'], Wish(age_seconds=20)),
        (["max-age=many, max-stale, only-if-cached, =, ,"], ANY_AGE),
    ],
)
def test_a_request_says_how_old_an_answer_may_be(lines: list[str], wish: Wish) -> None:
    request = make_mocked_request("GET", "/", headers=[("Cache-Control", line) for line in lines])

    assert wish_of(request) == wish


def kept(result: CacheResult, left_seconds: float) -> Answered:
    return Answered(rows=ROWS, result=result, age_seconds=12.9, left_seconds=left_seconds)


@pytest.mark.parametrize(
    ("answered", "status", "age"),
    [
        (kept("hit", 17.1), "mainstay; hit; ttl=17", "12"),
        (kept("stale", -0.1), "mainstay; hit; ttl=-1; detail=revalidating", "12"),
        (kept("stale_if_error", -60.0), "mainstay; hit; ttl=-60; detail=stale-if-error", "12"),
        (Answered(result="negative", left_seconds=2.0, rows=[]), "mainstay; hit; ttl=2; detail=negative", "0"),
        (Answered(result="miss", forwarded="uri-miss", rows=ROWS), "mainstay; fwd=uri-miss", None),
        (
            Answered(result="collapsed", forwarded="stale", is_stored=True, rows=ROWS),
            "mainstay; fwd=stale; stored; collapsed",
            None,
        ),
        (
            Answered(result="degraded", forwarded="bypass", rows=ROWS),
            "mainstay; fwd=bypass; detail=unavailable",
            None,
        ),
    ],
)
def test_an_answer_says_where_it_came_from(answered: Answered, status: str, age: str | None) -> None:
    headers = CacheHeaders(Sharing.PUBLIC, POLICY).of(answered)

    assert headers == {"Cache-Status": status} | ({} if age is None else {"Age": age})


def test_what_is_given_for_want_of_better_is_fresh_for_nobody() -> None:
    headers = CacheHeaders(Sharing.PRIVATE, POLICY)
    late = Answered(rows=ROWS, result="stale_if_error")

    assert headers.control(late) == "private, max-age=0, stale-if-error=86400"
    assert headers.control(Answered(rows=ROWS, result="hit")) == (
        "private, max-age=30, stale-while-revalidate=3, stale-if-error=86400"
    )


def found(age_seconds: float, *, rows: Rows = ROWS, generations: bytes = b"g") -> Found:
    asked_at = NOW - int(age_seconds * 1_000_000)
    renewed_at = POLICY.renewed_at(asked_at, jitter=0.5)
    answer = Entry(rows=list(rows), generations=b"g", asked_at=asked_at, renewed_at=renewed_at)
    return Found(now=NOW, generations=generations, entry=answer)


def judged(age_seconds: float, *, rows: Rows = ROWS, generations: bytes = b"g") -> Candidate:
    made = candidate(found(age_seconds, rows=rows, generations=generations), POLICY)
    assert made is not None
    return made


def uses(one: Candidate) -> tuple[bool, bool, bool]:
    """Whether it may be used, is to be read anew, and stands in where Postgres is away."""
    return one.is_usable, one.is_due, one.is_spare


def test_an_answer_is_used_renewed_and_given_up_by_its_age() -> None:
    ages = (0, 28, 29, 32, 34, 86_429, 86_431)

    assert [uses(judged(age)) for age in ages] == [
        (True, False, True),
        (True, False, True),
        (True, True, True),
        (True, True, True),
        (False, True, True),
        (False, True, True),
        (False, True, False),
    ]


def test_an_answer_that_a_write_has_ended_stands_in_only_where_postgres_is_away() -> None:
    assert uses(judged(1, generations=b"h")) == (False, False, True)
    assert uses(judged(1, generations=b"g h")) == (False, False, True)


@pytest.mark.parametrize("age_seconds", [-60, -1.5, -0.5, 0, 0.25, 26.9, 29.999, 30, 30.001, 34, 90_000])
def test_a_hit_is_what_a_candidate_says_that_is_given_as_it_is(age_seconds: float) -> None:
    asked = found(age_seconds)
    assert asked.entry is not None
    judged = candidate(asked, POLICY)
    as_it_is = None if judged is None or not judged.is_usable else judged.answered()

    given = hit(asked.entry, NOW, policy=POLICY)

    assert given == (as_it_is if as_it_is is not None and as_it_is.result == "hit" else None)


def test_that_there_is_no_such_record_is_believed_for_seconds_and_never_stands_in() -> None:
    assert [uses(judged(age, rows=[])) for age in (4, 6)] == [(True, False, False), (False, False, False)]


def test_what_was_kept_before_the_clock_was_set_back_is_not_used() -> None:
    assert candidate(found(-60), POLICY) is None
    assert judged(-0.5).age_seconds == 0


def test_a_window_is_a_tenth_of_the_time_and_no_less_than_a_second() -> None:
    windows = [CachePolicy(fresh_seconds=seconds).revalidation_seconds for seconds in (1, 10, 30, 45, 3_600)]

    assert windows == [1, 1, 3, 5, 360]


def test_answers_kept_together_are_not_renewed_together() -> None:
    instants = [POLICY.renewed_at(NOW, jitter=jitter) - NOW for jitter in (0.0, 0.5, 1.0)]

    assert instants == [30_000_000, 28_500_000, 27_000_000]


def test_what_has_failed_is_left_alone_for_everybody_and_tried_by_one() -> None:
    hand = HandClock()
    suspension = Suspension(now=hand.clock.now)
    suspension.failed()
    at_once = suspension.lets_try()
    hand.advance(SUSPENSION_SECONDS)
    later = [suspension.lets_try() for _ in range(3)]
    suspension.answered()

    assert (at_once, later, suspension.lets_try()) == (False, [True, False, False], True)
