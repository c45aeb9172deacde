"""How Python renders values on the wire."""

from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from enum import Enum, IntEnum
from functools import cached_property
from typing import Annotated, Any
from uuid import UUID

import pytest
from pydantic import BaseModel, Field, PlainSerializer, computed_field

from storage.describe import describe
from storage.model import Key, Model
from storage.wire import parameter, rendered


class Colour(Enum):
    RED = "red"


class Grade(IntEnum):
    LOW = 1


class Wide(Model):
    number: Annotated[int, Key()] = 0
    exact: Annotated[Decimal, Field(max_digits=100, decimal_places=50)] = Decimal(1)
    free: Decimal = Decimal("1.10")


class Answer(BaseModel):
    renamed: Annotated[int, Field(serialization_alias="as")] = 1
    hidden: Annotated[str, Field(exclude=True)] = "hunter2"
    spelled: Annotated[int, PlainSerializer(lambda number: f"n{number}")] = 2
    exact: Decimal = Decimal("1E+2")
    at: datetime = datetime(2026, 1, 31, tzinfo=UTC)

    @computed_field  # type: ignore[prop-decorator]  # mypy knows no decorated property
    @property
    def doubled(self) -> int:
        return self.renamed * 2


@pytest.mark.parametrize(
    ("value", "wire"),
    [
        (None, b"null"),
        (True, b"true"),
        (2**63 - 1, b"9223372036854775807"),
        (1e300, b"1e+300"),
        (10**300, b"1e+300"),
        (-0.0, b"-0.0"),
        (Decimal("-0.00"), b'"0.00"'),
        (Decimal("1E+3"), b'"1000"'),
        (Decimal("1E-30"), b'"0.' + b"0" * 29 + b'1"'),
        (datetime(1, 2, 3, tzinfo=UTC), b'"0001-02-03T00:00:00.000000Z"'),
        (datetime(2026, 1, 31, 1, 0, 0, 5, tzinfo=timezone(timedelta(hours=2))), b'"2026-01-30T23:00:00.000005Z"'),
        (datetime(2026, 1, 31), b'"2026-01-31T00:00:00.000000Z"'),  # noqa: DTZ001 - taken as UTC
        (date(1, 1, 1), b'"0001-01-01"'),
        (UUID(int=255), b'"00000000-0000-0000-0000-0000000000ff"'),
        ([Colour.RED, Grade.LOW], b'["red",1]'),
        ({Colour.RED: (1, 2), 5: {3}}, b'{"red":[1,2],"5":[3]}'),
        (time(1, 2), b'"01:02:00"'),
        (timedelta(days=1.5), b'"P1DT12H"'),
        ("\u2028é\x01", '"\u2028é\\u0001"'.encode()),
    ],
)
def test_a_value_has_one_wire_form(value: object, wire: bytes) -> None:
    assert rendered(value) == wire


def test_a_record_s_decimals_get_their_declared_places() -> None:
    record = Wide(exact=Decimal(12345678901234567890123456789012345678901234567890))

    assert b'"exact":"12345678901234567890123456789012345678901234567890.%b"' % (b"0" * 50) in rendered(record)
    assert b'"free":"1.10"' in rendered([record])


def test_the_key_is_first_and_what_mainstay_sets_last() -> None:
    assert list(describe(Wide).by_name) == ["number", "exact", "free", "version", "created_at", "updated_at"]
    assert rendered(Wide()).index(b'"number"') == 1


def test_an_answer_of_the_team_s_own_looks_as_its_model_says() -> None:
    assert rendered(Answer()) == (
        b'{"as":1,"spelled":"n2","exact":"100","at":"2026-01-31T00:00:00.000000Z","doubled":2}'
    )


class Open(BaseModel, extra="allow"):
    name: str = "chair"

    @cached_property
    def _secret(self) -> str:
        return "hunter2"


def test_a_model_s_fields_and_what_else_it_was_given_are_told_and_what_it_remembers_is_not() -> None:
    plain, more = Open(), Open.model_validate({"colour": "red"})
    assert (plain._secret, more._secret) == ("hunter2", "hunter2")

    assert rendered([Open(), plain, more]) == b'[{"name":"chair"},{"name":"chair"},{"name":"chair","colour":"red"}]'


@pytest.mark.parametrize("value", [2**70, {"a": [10**400]}, object()])
def test_what_has_no_wire_form_is_an_error(value: object) -> None:
    with pytest.raises((TypeError, ValueError)):
        rendered(value)


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("exact", Decimal("1E+3"), "1000"),
        ("exact", None, None),
        ("number", 5, 5),
        ("created_at", datetime(2026, 1, 31, 2, tzinfo=timezone(timedelta(hours=2))), "2026-01-31T00:00:00+00:00"),
    ],
)
def test_a_parameter_is_what_postgres_reads(name: str, value: Any, text: object) -> None:
    assert parameter(describe(Wide).by_name[name], value) == text
