"""What an upstream's answer means: its status, and when it says to come back."""

import pytest

from middleware.errors import OutcomeUnknown, Problem, Unavailable, UpstreamFailed, UpstreamRefused
from middleware.outbound.breaker import verdict_of
from middleware.outbound.circuit import Verdict
from middleware.outbound.upstream_policy import Throttled, UpstreamPolicy, where_repeating_is_safe
from server.upstreams.answer import Answer, problem_of, retry_after_seconds

FRIDAY_SECONDS = 1_767_323_045.5  # 2026-01-02 03:04:05.5 UTC


@pytest.mark.parametrize(
    ("status", "of_a_repeatable", "of_a_single", "verdict"),
    [
        (301, UpstreamRefused, UpstreamRefused, "good"),
        (404, UpstreamRefused, UpstreamRefused, "good"),
        (429, Throttled, Throttled, "neutral"),
        (500, UpstreamFailed, UpstreamFailed, "bad"),
        (501, UpstreamFailed, UpstreamFailed, "bad"),
        (502, Unavailable, OutcomeUnknown, "bad"),
        (503, Unavailable, Unavailable, "bad"),
        (504, Unavailable, OutcomeUnknown, "bad"),
        (599, UpstreamFailed, UpstreamFailed, "bad"),
    ],
)
def test_a_status_is_a_problem_of_ours(
    status: int, of_a_repeatable: type[Problem], of_a_single: type[Problem], verdict: Verdict
) -> None:
    answer = Answer(status=status, headers={}, body=b"")

    problems = [problem_of(answer, is_repeatable=repeatable) for repeatable in (True, False)]

    assert [type(problem) for problem in problems] == [of_a_repeatable, of_a_single]
    assert {verdict_of(problem) for problem in problems} == {verdict}


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0", 0),
        ("120", 120),
        ("9" * 5_000, 3_600),
        ("Fri, 02 Jan 2026 03:05:05 GMT", 60),
        ("Fri, 02 Jan 2026 03:05:05 -0000", 60),
        ("Fri, 02 Jan 2026 03:04:05 GMT", 0),
        ("Fri, 02 Jan 2099 03:04:05 GMT", 3_600),
        ("", None),
        ("soon", None),
        ("-1", None),
        ("1.5", None),
        ("²", None),
        ("Fri, 99 Jan 2026 03:04:05 GMT", None),
        ("Mon, 01 Jan 20200000000000000000000 00:00:00 GMT", None),
        ("Mon, 01 Jan 0001 00:00:00 +1400", 0),
    ],
)
def test_when_to_come_back_is_read_as_seconds_or_as_a_date(text: str, seconds: int | None) -> None:
    assert retry_after_seconds(text, now=lambda: FRIDAY_SECONDS) == seconds


def test_what_was_throttled_is_repeated_only_when_told_when() -> None:
    assert [where_repeating_is_safe(Throttled(headers=headers)) for headers in ({}, {"Retry-After": "1"})] == [
        False,
        True,
    ]


def test_both_kinds_of_writes_share_a_name_and_so_their_breaker_and_permits() -> None:
    policy = UpstreamPolicy(writes=3)
    repeatable, single = policy.for_repeatable_writes("payments"), policy.for_single_writes("payments")

    assert (repeatable.name, repeatable.bulkhead.permits) == (single.name, 3) == ("payments.writes", 3)
    assert (repeatable.retry.repeatable(Unavailable()), single.retry.repeatable(Unavailable())) == (True, False)
