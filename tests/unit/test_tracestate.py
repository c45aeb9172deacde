"""The state of a trace that is passed on."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telemetry.context import Identifier
from telemetry.tracestate import CHARACTERS_AT_MOST, parse_tracestate

PARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
LONG = f"long={'x' * 200}"


@pytest.mark.parametrize(
    ("headers", "sent_on"),
    [
        (["congo=t61rcWkgMzE"], "congo=t61rcWkgMzE"),
        (["rojo=00f067aa0ba902b7,congo=t61rcWkgMzE"], "rojo=00f067aa0ba902b7,congo=t61rcWkgMzE"),
        (["rojo=1", "congo=2"], "rojo=1,congo=2"),
        (["rojo=1 , \tcongo=2,,"], "rojo=1,congo=2"),
        (["4a@nr=0-1-2", "a_b-c*d/e=a b:{}"], "4a@nr=0-1-2,a_b-c*d/e=a b:{}"),
        ([], ""),
        ([""], ""),
    ],
)
def test_a_state_by_the_rules_is_passed_on_in_its_order(headers: list[str], sent_on: str) -> None:
    assert parse_tracestate(headers) == sent_on


@pytest.mark.parametrize(
    "header",
    [
        *(
            "Congo=1",
            "congo",
            "=1",
            "congo=",
            "congo=a=b",
            "congo=1,congo=2",
            "congo=é",
            "congo=a\x00b",
            "c@=1",
            "a@B=1",
        ),
        *(f"{'k' * 257}=1", f"k={'v' * 257}", ",".join(f"k{number}=1" for number in range(33))),
    ],
)
def test_a_state_that_breaks_the_rules_goes_no_further(header: str) -> None:
    assert parse_tracestate([header]) == ""


def test_of_a_state_that_is_too_long_whole_members_go_the_long_ones_first() -> None:
    short = [f"k{number}={'v' * 90}" for number in range(7)]

    kept = parse_tracestate([",".join([short[0], LONG, *short[1:]])])

    assert kept == ",".join(short[:5])
    assert len(kept) <= CHARACTERS_AT_MOST


@given(st.lists(st.text(max_size=80), max_size=40))
def test_whatever_comes_what_goes_on_is_bounded_and_by_the_rules(headers: list[str]) -> None:
    kept = parse_tracestate(headers)

    assert len(kept) <= CHARACTERS_AT_MOST
    assert parse_tracestate([kept]) == kept


def test_a_state_is_nothing_without_its_trace() -> None:
    identify = Identifier()

    states = [identify(None, parents, tracestates=["congo=1"]).tracestate for parents in ([PARENT], [], ["nonsense"])]

    assert states == ["congo=1", "", ""]
