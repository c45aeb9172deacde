"""When `make prove` says that a fault is seen on a panel."""

import pytest

from tests.pictures.asking import Line
from tests.pictures.bands import bands
from tests.proof.changes import Change, History, extremes


def change(before: float, during: float, *, unit: str = "ops") -> Change:
    return Change(
        panel="Calls",
        fault="Postgres hangs",
        before=before,
        during=during,
        unit=unit,
        seconds=3.0,
        belongs=True,
        is_alone=True,
        is_new=False,
    )


@pytest.mark.parametrize(("before", "during"), [(1.0, 2.0), (2.0, 1.0), (0.0, 0.1), (3.0, 0.0), (1.0, -1.0)])
def test_twice_as_high_and_half_as_low_are_seen(before: float, during: float) -> None:
    assert change(before, during).is_visible


@pytest.mark.parametrize(("before", "during"), [(1.0, 1.9), (2.0, 1.1), (0.0, 0.0)])
def test_less_is_not(before: float, during: float) -> None:
    assert not change(before, during).is_visible


def test_of_a_share_a_tenth_of_the_whole_is_enough() -> None:
    assert change(1.0, 0.8, unit="percentunit").is_visible
    assert not change(1.0, 0.95, unit="percentunit").is_visible


def test_a_line_is_held_against_its_highest_and_its_lowest() -> None:
    assert list(extremes([2.0, 4.0], [1.0, 3.0, 9.0])) == [(4.0, 9.0), (2.0, 1.0)]
    assert list(extremes([2.0, 4.0], [2.0, 4.0])) == []


def test_a_line_that_appears_rose_from_nothing_and_one_that_vanishes_says_nothing() -> None:
    assert list(extremes([], [3.0])) == [(0.0, 3.0)]
    assert list(extremes([3.0], [])) == []


def test_before_a_fault_is_a_while_or_else_the_last_that_was_seen() -> None:
    history = History(Line(labels={}, points=((1.0, 10.0), (8.0, 80.0), (10.0, 100.0), (12.0, 120.0))))

    assert [history.before(moment) for moment in (11.0, 6.0, 0.5)] == [[80.0, 100.0], [10.0], []]


def test_a_band_of_a_heatmap_is_what_its_bucket_has_beyond_the_one_below() -> None:
    buckets = [
        Line(labels={"le": "+Inf"}, points=((1.0, 7.0), (2.0, 8.0))),
        Line(labels={"le": "0.5"}, points=((1.0, 5.0), (2.0, 8.0))),
    ]

    assert [(line.labels["le"], line.points) for line in bands(buckets)] == [
        ("0.5", ((1.0, 5.0), (2.0, 8.0))),
        ("+Inf", ((1.0, 2.0), (2.0, 0.0))),
    ]
