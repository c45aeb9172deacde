"""The example of a number lies within its bounds, whatever they are."""

from decimal import Decimal
from typing import Annotated, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field, TypeAdapter

from server.openapi.example_values import example_decimal, example_integer

BOUNDS = st.fixed_dictionaries({}, optional={name: st.integers(-50, 50) for name in ("ge", "gt", "le", "lt")})
DIGITS = st.integers(1, 6).flatmap(
    lambda digits: st.fixed_dictionaries(
        {}, optional={"max_digits": st.just(digits), "decimal_places": st.integers(0, digits)}
    )
)


@pytest.mark.parametrize(
    ("bounds", "example"),
    [
        ({}, 1),
        ({"ge": 0}, 1),
        ({"ge": 100}, 100),
        ({"gt": 100}, 101),
        ({"lt": 0}, -1),
        ({"multiple_of": 5}, 5),
        ({"ge": 7, "multiple_of": 5}, None),
    ],
)
def test_a_whole_number_has_a_plausible_example(bounds: dict[str, int], example: int | None) -> None:
    assert example_integer(bounds) == example


@pytest.mark.parametrize(
    ("bounds", "example"),
    [
        ({}, "9.90"),
        ({"decimal_places": 2, "max_digits": 12}, "9.90"),
        ({"decimal_places": 1}, "9.9"),
        ({"decimal_places": 0, "max_digits": 3}, "9"),
        ({"decimal_places": 2, "max_digits": 2}, "0.90"),
        ({"decimal_places": 2, "max_digits": 2, "le": 0}, None),
        ({"lt": Decimal(5)}, "1"),
        ({"ge": Decimal(1_000)}, "1000"),
    ],
)
def test_a_decimal_has_a_plausible_example(bounds: dict[str, Any], example: str | None) -> None:
    assert example_decimal(bounds) == example


@given(bounds=BOUNDS)
def test_an_example_of_a_whole_number_is_allowed(bounds: dict[str, Any]) -> None:
    example = example_integer(bounds)

    if example is not None:
        assert TypeAdapter(_annotated(int, bounds)).validate_python(example) == example


@given(bounds=BOUNDS, digits=DIGITS)
def test_an_example_of_a_decimal_is_allowed(bounds: dict[str, Any], digits: dict[str, Any]) -> None:
    example = example_decimal(bounds | digits)

    if example is not None:
        assert TypeAdapter(_annotated(Decimal, bounds | digits)).validate_python(example) == Decimal(example)


def _annotated(kind: type, bounds: dict[str, Any]) -> Any:
    return Annotated[kind, Field(**bounds)]
