"""What a field's annotation says: its kind, its bounds, whether it may be null, what is wrong with it."""

from datetime import date, datetime
from decimal import Decimal
from enum import Enum, IntEnum
from typing import Annotated, Any, Literal, Optional
from uuid import UUID

import pytest
from pydantic import BaseModel, Field, create_model
from pydantic.fields import FieldInfo

from storage.annotations import Shape, read_annotation
from storage.model import Indexed, Key, Model, Reference
from storage.record_type import Limits


class Colour(Enum):
    RED = "red"


class Grade(IntEnum):
    LOW = 1


class Mixed(Enum):
    A = "a"
    B = 2


class Inner(BaseModel):
    x: int


class Other(Model):
    x: int


def field(annotation: Any, default: Any = ...) -> FieldInfo:
    found: FieldInfo = create_model("M", x=(annotation, default)).model_fields["x"]
    return found


def shape(annotation: Any) -> Shape:
    return read_annotation(field(annotation))


@pytest.mark.parametrize(
    ("annotation", "kind", "nullable"),
    [
        (str, "string", False),
        (int | None, "integer", True),
        (Optional[Decimal], "decimal", True),  # noqa: UP045 - the older way of writing it
        (float, "float", False),
        (bool, "boolean", False),
        (datetime, "datetime", False),
        (date, "date", False),
        (None | UUID, "uuid", True),
        (Annotated[int, Field(ge=1)] | None, "integer", True),
        (Annotated[str | None, Indexed()], "string", True),
        (Annotated[Annotated[str, Field(min_length=1)] | None, Indexed()], "string", True),
        (list[str], "json", False),
        (list, "json", False),
        (dict[str, Any] | None, "json", True),
        (Inner, "json", False),
        (Colour, "string", False),
        (Grade | None, "integer", True),
        (Literal["a", "b"], "string", False),
        (Literal[1, 2], "integer", False),
    ],
)
def test_an_annotation_has_a_kind(annotation: Any, kind: str, nullable: bool) -> None:
    found = shape(annotation)

    assert (found.kind, found.nullable, found.problems) == (kind, nullable, ())


def test_bounds_are_gathered_from_every_layer() -> None:
    annotation = Annotated[Annotated[Decimal, Field(ge=0, max_digits=12)] | None, Field(decimal_places=2), Indexed()]

    assert shape(annotation).limits == Limits(ge=0, max_digits=12, decimal_places=2)


def test_a_closed_set_is_a_bound() -> None:
    assert [shape(one).limits.values for one in (Colour, Grade, Literal["a", "b"], Literal[3])] == [
        ("red",),
        (1,),
        ("a", "b"),
        (3,),
    ]


def test_markers_are_found_on_either_side_of_null() -> None:
    found = shape(Annotated[Annotated[int, Reference(Other)] | None, Indexed()])

    assert (found.has(Indexed), found.has(Key), found.first(Reference)) == (True, False, Reference(Other))


@pytest.mark.parametrize(
    ("annotation", "problem"),
    [
        (Mixed, "the values of a Literal or Enum are all str or all int"),
        (Literal["a", 1], "the values of a Literal or Enum are all str or all int"),
        (Literal[True], "the values of a Literal or Enum are all str or all int"),
        (Other, "Other has a table of its own: refer to it with Reference()"),
        (bytes, "bytes cannot be stored; "),
        (int | str, "cannot be stored; "),
        (tuple[int, int], "cannot be stored; "),
        (Annotated[Decimal, Field(max_digits=2, decimal_places=3)], "decimal_places is larger than max_digits"),
        (Annotated[Decimal, Field(max_digits=1_001)], "max_digits is at most 1,000"),
    ],
)
def test_what_cannot_be_stored_is_told(annotation: Any, problem: str) -> None:
    (found,) = shape(annotation).problems

    assert problem in found
