"""What is seen at once to be plain becomes the same that a longer look makes of it, and is at fault nowhere."""

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.column_values import ColumnValues
from storage.describe import describe
from storage.model import Indexed, Key, Model
from storage.storable import storage_faults
from storage.wire import parameter


class Colour(Enum):
    RED = "red"
    LARGEST = 2**70


class Whole(Model):
    code: Annotated[str, Key()]
    text: str | None = None
    indexed: Annotated[str, Indexed()] = ""
    whole: int | None = None
    exact: Decimal = Decimal(0)
    real: float = 0
    yes: bool = False
    at: datetime | None = None
    day: date | None = None
    other: UUID | None = None
    texts: list[str] = []


TYPE = describe(Whole)
COLUMNS = ColumnValues(TYPE)
NUMBERS = st.integers() | st.integers(-(2**64), 2**64)
ANYTHING = st.one_of(
    st.none(),
    st.booleans(),
    NUMBERS,
    st.floats(),
    st.decimals(),
    st.decimals(min_value=-10, max_value=10, places=3),
    st.text(),
    st.text(st.characters(), max_size=5),
    st.sampled_from(["", ".", "..", "é" * 1_000, "é" * 1_001, "a\0", "\ud800", *Colour]),
    st.datetimes(timezones=st.none() | st.timezones()),
    st.dates(),
    st.uuids(),
    st.lists(st.text(st.characters(), max_size=3) | NUMBERS, max_size=3),
    st.dictionaries(st.text(max_size=2), st.floats(), max_size=2),
)


def looked_at(values: dict[str, Any]) -> dict[str, Any]:
    """What the longer look makes of values without faults."""
    assert storage_faults(TYPE, values) == []
    return {name: parameter(TYPE.by_name[name], value) for name, value in values.items()}


@given(field=st.sampled_from(sorted(TYPE.by_name)), value=ANYTHING)
def test_what_is_plain_is_what_a_longer_look_makes_of_it(field: str, value: Any) -> None:
    plain = COLUMNS.of({field: value})

    assert plain is None or plain == looked_at({field: value})


@pytest.mark.parametrize(
    "values",
    [
        {"code": "abc", "text": "Kupferkessel für 2 €", "indexed": "é" * 1_000, "whole": -(2**63), "real": 1.5},
        {"exact": Decimal("-12.340"), "yes": True, "at": datetime(2026, 1, 31, 1, tzinfo=timezone(timedelta(hours=2)))},
        {"day": date(1, 1, 1), "other": UUID(int=255), "texts": ["a", 'é"\\'], "at": datetime(1, 1, 1, tzinfo=UTC)},
        {"text": Colour.RED, "texts": [], "whole": None},
    ],
)
def test_nearly_all_is_plain(values: dict[str, Any]) -> None:
    assert COLUMNS.of(values) == looked_at(values)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("code", ".."),
        ("code", ""),
        ("text", "a\0"),
        ("text", "\ud800"),
        ("indexed", "é" * 1_001),
        ("whole", 2**63),
        ("exact", Decimal("1E+1000")),
        ("exact", Decimal("NaN")),
        ("exact", Decimal("9" * 1_001)),
        ("real", float("inf")),
        ("at", datetime(1, 1, 1, 1, tzinfo=timezone(timedelta(hours=5)))),
        ("texts", ["a\0"]),
        ("texts", ["\ud800"]),
        ("texts", [2**70]),
    ],
)
def test_what_cannot_be_stored_is_not_plain(field: str, value: Any) -> None:
    assert (COLUMNS.of({field: value}), len(storage_faults(TYPE, {field: value}))) == (None, 1)
