"""How old that can be which a replica shows, by where the primary was when."""

import math

import pytest

from storage.replicas.course import Course
from storage.replicas.position import Position, position_of


def at(place: int, *, timeline: int = 1) -> Position:
    """A position."""
    return Position(timeline=timeline, place=place)


def a_course() -> Course:
    """The primary at 100, 200 and 300, a second apart."""
    course = Course(kept_seconds=10.0)
    for second, place in enumerate((100, 200, 300)):
        course.note(at(place), asked_at=float(second))
    return course


@pytest.mark.parametrize(("place", "age"), [(300, 3.0), (999, 3.0), (299, 4.0), (200, 4.0), (100, 5.0), (99, math.inf)])
def test_a_replica_shows_all_that_was_written_before_the_primary_was_seen_where_it_is(place: int, age: float) -> None:
    assert a_course().age_of(at(place), now=5.0) == age


def test_a_primary_that_stands_still_leaves_nobody_behind() -> None:
    course = a_course()

    course.note(at(300), asked_at=5.0)

    assert course.age_of(at(300), now=5.0) == 0.0


def test_an_answer_that_another_has_overtaken_changes_nothing() -> None:
    course = a_course()

    course.note(at(250), asked_at=2.5)

    assert course.age_of(at(250), now=5.0) == 4.0


def test_after_a_promotion_only_the_new_timeline_tells() -> None:
    course = a_course()

    course.note(at(280, timeline=2), asked_at=4.0)

    assert course.age_of(at(300), now=5.0) == math.inf
    assert course.age_of(at(280, timeline=2), now=5.0) == 1.0


def test_what_is_older_than_anybody_may_read_is_forgotten() -> None:
    course = a_course()

    course.note(at(400), asked_at=11.5)

    assert course.age_of(at(299), now=11.5) == math.inf
    assert course.age_of(at(300), now=11.5) == 9.5


def test_a_position_comes_back_as_it_was_told() -> None:
    position = at(0xABCDEF0123, timeline=0x1F)

    assert (position.token, position_of(position.token)) == ("1f-abcdef0123", position)
