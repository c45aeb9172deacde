"""Validation of a body: every fault with its pointer, nothing read more loosely than the wire forms."""

from datetime import date, datetime
from decimal import Decimal
from enum import IntEnum
from typing import Annotated, Any, Literal
from uuid import UUID

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, BeforeValidator, Field, TypeAdapter, ValidationError

from middleware.errors import Invalid
from server.requests.json_body import pointer, validated
from server.requests.json_document import read_json
from server.requests.loose_values import loose_faults, loosely_read


class Grade(IntEnum):
    LOW = 1


class Cat(BaseModel):
    lives: int


class Dog(BaseModel):
    name: str


class Basket(BaseModel):
    price: Decimal = Decimal(0)
    prices: list[Decimal] = []
    by_name: dict[str, Decimal] = {}
    at: datetime | None = None
    day: date | None = None
    mark: UUID | None = None
    rating: Literal[1, 2] = 1
    grade: Grade | None = None
    pets: list[Cat | Dog] = []
    nested: "Basket | None" = None
    renamed: Annotated[Decimal, Field(alias="as")] = Decimal(0)
    counted: Annotated[int, BeforeValidator(len)] = 0
    split: Annotated[list[str], BeforeValidator(lambda text: text.split("/"))] = []


class Exact(BaseModel):
    text: str = ""
    whole: int = 0
    real: float = 0
    yes: bool = False
    word: Literal["a", "b"] = "a"
    either: str | int | bool | None = None
    texts: list[str] = []
    by_name: dict[str, list[int | float]] = {}


class Loose(BaseModel):
    exact: Decimal = Decimal(0)
    exacts: list[Decimal | None] = []
    digit: Literal[1, 2] = 1
    by_day: dict[date, str] = {}
    anything: Any = None
    text: str = ""


BASKET = TypeAdapter(Basket)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.floats(-9, 9) | st.sampled_from(["a", "b", "1", "true", "1.5"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "1"]), inner, max_size=2),
    max_leaves=4,
)


def read(raw: bytes) -> Basket:
    return validated(BASKET, raw, document=read_json(raw))


def faults(raw: bytes) -> list[tuple[str | None, str]]:
    with pytest.raises(Invalid) as caught:
        read(raw)
    return [(fault.pointer, fault.code) for fault in caught.value.faults]


def test_a_valid_body_becomes_the_model() -> None:
    raw = b'{"price":"1.10","prices":[1,2.5],"at":"2026-01-31T00:00:00Z","pets":[{"lives":9}],"split":"a/b"}'

    basket = read(raw)

    assert (basket.price, basket.prices, basket.split) == (Decimal("1.10"), [Decimal(1), Decimal("2.5")], ["a", "b"])


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b'{"price":"1_0"}', [("/price", "decimal_parsing")]),
        (b'{"price":"1e5"}', [("/price", "decimal_parsing")]),
        (b'{"price":0.10000000000000000555}', [("/price", "decimal_inexact")]),
        (b'{"prices":["1",1e-400," 1"]}', [("/prices/1", "decimal_inexact"), ("/prices/2", "decimal_parsing")]),
        (b'{"by_name":{"a/b~":"1e5"}}', [("/by_name/a~1b~0", "decimal_parsing")]),
        (b'{"at":"1700000000"}', [("/at", "datetime_parsing")]),
        (b'{"day":"86400"}', [("/day", "date_parsing")]),
        (b'{"mark":"urn:uuid:0197f3f5-6d2c-7c3a-9f4e-2b8f0f3f1c5a"}', [("/mark", "uuid_parsing")]),
        (b'{"rating":true}', [("/rating", "int_type")]),
        (b'{"grade":true}', [("/grade", "int_type")]),
        (b'{"nested":{"nested":{"price":"1e5"}}}', [("/nested/nested/price", "decimal_parsing")]),
    ],
)
def test_what_pydantic_reads_loosely_is_refused(raw: bytes, expected: Any) -> None:
    assert faults(raw) == expected


def test_what_a_validator_made_of_the_json_is_not_held_against_it() -> None:
    assert read(b'{"counted":[true,true,false]}').counted == 3


def test_pointers_lead_to_what_is_in_the_body() -> None:
    raw = b'{"pets":[{"lives":"9"},5],"by_name":{"a":"x"},"as":[],"nested":{"prices":{}}}'

    assert sorted(set(faults(raw))) == [
        ("/as", "decimal_type"),
        ("/by_name/a", "decimal_parsing"),
        ("/nested/prices", "list_type"),
        ("/pets/0/lives", "int_type"),
        ("/pets/0/name", "missing"),
        ("/pets/1", "model_type"),
    ]


def test_what_is_missing_is_told_where_it_should_be() -> None:
    assert faults(b'{"pets":[{}]}') == [("/pets/0/lives", "missing"), ("/pets/0/name", "missing")]


def test_a_hundred_faults_are_enough() -> None:
    assert len(faults(orjson.dumps({"prices": [[]] * 2_000}))) == 100


def test_thousands_of_faults_are_counted_alone() -> None:
    assert faults(orjson.dumps({"prices": [None] * 6_000})) == [("", "too_many_faults")]


def test_a_pointer_has_escapes_for_its_own_signs() -> None:
    assert pointer(["a/b", 0, "~", ""]) == "/a~1b/0/~0/"


# --- which fields are looked at


def test_fields_that_json_says_in_one_way_are_not_looked_at() -> None:
    assert (loosely_read(Exact), loosely_read(Loose)) == ((), ("exact", "exacts", "digit", "by_day", "anything"))


@given(name=st.sampled_from(sorted(Exact.model_fields)), value=JSON)
def test_in_what_is_not_looked_at_nothing_would_be_found(name: str, value: Any) -> None:
    try:
        read = Exact.model_validate_json(orjson.dumps({name: value}), strict=True)
    except ValidationError:
        return
    assert loose_faults(read, {name: value}) == []


@pytest.mark.parametrize(
    "raw",
    [
        b'{"exact":" 1","text":"a"}',
        b'{"exact":0.10000000000000000555}',
        b'{"exacts":["1",null,"1e3"],"exact":"1"}',
        b'{"digit":true,"exact":2.5}',
    ],
)
def test_the_same_is_found_where_only_some_fields_are_looked_at(raw: bytes) -> None:
    def found(loose: tuple[str, ...] | None) -> list[tuple[str | None, str]]:
        with pytest.raises(Invalid) as caught:
            validated(TypeAdapter(Loose), raw, document=read_json(raw), loose=loose)
        return [(fault.pointer, fault.code) for fault in caught.value.faults]

    assert found(loosely_read(Loose)) == found(None)
