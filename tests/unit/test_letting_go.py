"""Whom a server lets go of where it has no room left."""

from dataclasses import dataclass

import pytest

from middleware.inbound.letting_go import idle_longest, untaken_longest


@dataclass(frozen=True, slots=True, kw_only=True)
class One:
    """A connection."""

    idle_seconds: float = 0.0
    untaken_bytes: int = 0
    untaken_seconds: float = 0.0


def test_who_has_been_idle_longest_goes_first_and_who_is_in_use_not_at_all() -> None:
    connections = [One(idle_seconds=seconds) for seconds in (2.0, 0.0, 30.0, 0.9, 7.0)]

    assert [one.idle_seconds for one in idle_longest(connections, at_most=2)] == [30.0, 7.0]
    assert [one.idle_seconds for one in idle_longest(connections, at_most=9)] == [30.0, 7.0, 2.0]


@pytest.mark.parametrize(
    ("allowed_bytes", "gone"), [(600, []), (599, [9.0]), (500, [9.0]), (300, [9.0, 5.0]), (0, [9.0, 5.0, 1.0])]
)
def test_as_many_as_are_too_many_go_who_have_left_their_answers_longest(allowed_bytes: int, gone: list[float]) -> None:
    connections = [
        One(untaken_bytes=300, untaken_seconds=1.0),
        One(untaken_bytes=100, untaken_seconds=9.0),
        One(),
        One(untaken_bytes=200, untaken_seconds=5.0),
    ]

    assert [one.untaken_seconds for one in untaken_longest(connections, allowed_bytes=allowed_bytes)] == gone
