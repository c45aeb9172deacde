"""What no column can hold, whatever a model allows."""

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Annotated, Any

import pytest
from pydantic import BaseModel

from storage.describe import describe
from storage.model import Indexed, Key, Model, Unique
from storage.storable import document_faults, storage_faults


class Inner(BaseModel):
    at: datetime | None = None
    exact: Decimal | None = None
    text: str = ""


class Holder(Model, constraints=[Unique("left", "right"), Indexed("left", "whole")]):
    code: Annotated[str, Key()]
    text: str = ""
    indexed: Annotated[str, Indexed()] = ""
    left: str = ""
    right: str = ""
    whole: int = 0
    exact: Decimal = Decimal(0)
    real: float = 0
    at: datetime | None = None
    free: dict[str, Any] = {}
    inner: Inner | None = None


TYPE = describe(Holder)
EAST = timezone(timedelta(hours=5))


def faults(**values: object) -> list[tuple[str | None, str]]:
    return [(fault.pointer, fault.code) for fault in storage_faults(TYPE, values)]


@pytest.mark.parametrize(
    "values",
    [
        {"text": "x" * 1_000_000, "indexed": "é" * 1_000, "left": "x" * 1_000, "code": "x" * 500},
        {"whole": 2**63 - 1, "exact": Decimal("9" * 1_000 + "." + "9" * 999), "real": 1.7e308},
        {"whole": -(2**63), "exact": Decimal("0E-999"), "at": datetime(1, 1, 1, tzinfo=UTC)},
        {"at": datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC), "inner": None},
        {"free": {"a": [1, None, True, 1e300, 10**300, "x", {"b": {}}]}},
        {"code": "...", "text": "\ufeff\u2028"},
    ],
)
def test_what_fits_has_no_faults(values: dict[str, object]) -> None:
    assert faults(**values) == []


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"text": "a\0"}, [("/text", "nul_character")]),
        ({"text": "\ud800"}, [("/text", "invalid_unicode")]),
        ({"text": "\ud800\0"}, [("/text", "nul_character"), ("/text", "invalid_unicode")]),
        ({"indexed": "é" * 1_001}, [("/indexed", "string_too_long")]),
        ({"left": "x" * 1_001}, [("/left", "string_too_long")]),
        ({"code": "x" * 501}, [("/code", "string_too_long")]),
        ({"code": ""}, [("/code", "key_unaddressable")]),
        ({"code": ".."}, [("/code", "key_unaddressable")]),
        ({"whole": 2**63}, [("/whole", "integer_out_of_range")]),
        ({"whole": 10**300}, [("/whole", "integer_out_of_range")]),
        ({"real": float("nan")}, [("/real", "finite_number")]),
        ({"exact": Decimal("Infinity")}, [("/exact", "finite_number")]),
        ({"exact": Decimal("1E+1000")}, [("/exact", "decimal_out_of_range")]),
        ({"exact": Decimal("1E-1000")}, [("/exact", "decimal_out_of_range")]),
        ({"exact": Decimal("0E+5000")}, [("/exact", "decimal_out_of_range")]),
        ({"at": datetime(1, 1, 1, 1, tzinfo=EAST)}, [("/at", "datetime_out_of_range")]),
        (
            {"free": {"a/b": ["\0", {"~": float("inf")}]}},
            [("/free/a~1b/0", "nul_character"), ("/free/a~1b/1/~0", "finite_number")],
        ),
        ({"free": {"\0": 1}}, [("/free/\0", "nul_character")]),
        ({"free": {"n": 10**300 + 1}}, [("/free/n", "integer_out_of_range")]),
        (
            {"inner": Inner(text="\0", exact=Decimal("1E+1000"))},
            [("/inner/exact", "decimal_out_of_range"), ("/inner/text", "nul_character")],
        ),
        ({"inner": Inner(at=datetime(1, 1, 1, tzinfo=EAST))}, [("/inner/at", "datetime_out_of_range")]),
    ],
)
def test_what_does_not_fit_is_told_at_its_place(values: dict[str, object], expected: Any) -> None:
    assert faults(**values) == expected


def test_a_document_is_looked_through_whole() -> None:
    found = document_faults({"a": ["\0", {"b": "\ud800"}], "c\0": 1})

    assert [(fault.pointer, fault.code) for fault in found] == [
        ("/a/0", "nul_character"),
        ("/a/1/b", "invalid_unicode"),
        ("/c\0", "nul_character"),
    ]


def test_the_texts_of_an_index_share_its_room() -> None:
    assert TYPE.index_room_bytes == {"code": 500, "indexed": 2_000, "left": 1_000, "right": 1_000}
