"""Reads a field's annotation: its kind, whether it may be null, its bounds and its markers."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin
from uuid import UUID

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from storage.model import Model
from storage.record_type import Kind, Limits

DIGITS_MAXIMUM = 1_000
"""The largest precision a numeric of Postgres's can be declared with (PostgreSQL manual, 8.1.2)."""

Marker = TypeVar("Marker")

_SCALARS: dict[object, Kind] = {
    str: "string",
    int: "integer",
    bool: "boolean",
    float: "float",
    Decimal: "decimal",
    datetime: "datetime",
    date: "date",
    UUID: "uuid",
}
_SUPPORTED = (
    "a field is a str, int, Decimal, float, bool, datetime, date, UUID, a Literal or Enum of str or int, "
    "a list, a dict or a pydantic model, or one of these | None"
)
_ORDERED: frozenset[Kind] = frozenset({"integer", "decimal", "float", "datetime", "date"})
_BOUNDED: Mapping[str, frozenset[Kind]] = {
    **dict.fromkeys(("ge", "gt", "le", "lt"), _ORDERED),
    "multiple_of": frozenset({"integer", "decimal", "float"}),
    **dict.fromkeys(("min_length", "max_length"), frozenset[Kind]({"string", "json"})),
    "pattern": frozenset({"string"}),
    **dict.fromkeys(("max_digits", "decimal_places"), frozenset[Kind]({"decimal"})),
}
"""The kinds of value each bound can be about."""
_KIND_WORDS: Mapping[Kind, str] = {"json": "list or object", "integer": "whole number", "boolean": "yes or no"}
_LIMIT_NAMES = frozenset(field.name for field in fields(Limits)) - {"values"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """What an annotation says; `problems` are sentences for whoever wrote it."""

    kind: Kind
    nullable: bool
    limits: Limits
    markers: tuple[object, ...]
    problems: tuple[str, ...]

    def has(self, marker: type[object]) -> bool:
        """Whether the field bears this marker."""
        return any(isinstance(word, marker) for word in self.markers)

    def first(self, marker: type[Marker]) -> Marker | None:
        """The field's marker of this type."""
        return next((word for word in self.markers if isinstance(word, marker)), None)


def read_annotation(info: FieldInfo) -> Shape:
    """Read one pydantic field."""
    metadata = list(_flatten(info.metadata))
    annotation, nullable = _without_none(_without_annotated(info.annotation, metadata))
    annotation = _without_annotated(annotation, metadata)
    kind, values, problems = _kind_of(annotation)
    bounds: dict[str, Any] = {}
    for word in metadata:
        bounds.update(_bounds_in(word))
    if (bounds.get("decimal_places") or 0) > (bounds.get("max_digits") or DIGITS_MAXIMUM):
        problems = (*problems, "decimal_places is larger than max_digits")
    if (bounds.get("max_digits") or 0) > DIGITS_MAXIMUM:
        problems = (*problems, f"max_digits is at most {DIGITS_MAXIMUM:,}")
    problems = (*problems, *_flag_problems(metadata), *_unfit_bounds(kind, bounds))
    return Shape(
        kind=kind,
        nullable=nullable,
        limits=Limits(**bounds, values=values),
        markers=tuple(metadata),
        problems=problems,
    )


def _flatten(metadata: list[Any]) -> Iterator[object]:
    for word in metadata:
        if isinstance(word, FieldInfo):
            yield from _flatten(word.metadata)
        else:
            yield word


def _without_annotated(annotation: Any, metadata: list[object]) -> Any:
    while get_origin(annotation) is Annotated:
        annotation, *words = get_args(annotation)
        metadata.extend(_flatten(words))
    return annotation


def _without_none(annotation: Any) -> tuple[Any, bool]:
    if get_origin(annotation) not in (Union, UnionType):
        return annotation, False
    members = get_args(annotation)
    rest = tuple(member for member in members if member is not NoneType)
    if len(rest) == 1:
        return rest[0], len(rest) < len(members)
    return annotation, len(rest) < len(members)


def _kind_of(annotation: Any) -> tuple[Kind, tuple[str | int, ...], tuple[str, ...]]:
    """The kind, the closed set of values if there is one, and what is wrong with the annotation."""
    if annotation in _SCALARS:
        return _SCALARS[annotation], (), ()
    if get_origin(annotation) is Literal:
        return _closed_set(get_args(annotation))
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return _closed_set(tuple(member.value for member in annotation))
    return "json", (), tuple(_json_problems(annotation))


def _json_problems(annotation: Any) -> Iterator[str]:
    if (get_origin(annotation) or annotation) in (list, dict):
        return
    if isinstance(annotation, type) and issubclass(annotation, Model):
        yield f"{annotation.__name__} has a table of its own: refer to it with Reference()"
    elif not (isinstance(annotation, type) and issubclass(annotation, BaseModel)):
        yield f"{getattr(annotation, '__name__', None) or annotation} cannot be stored; {_SUPPORTED}"


def _closed_set(values: tuple[Any, ...]) -> tuple[Kind, tuple[str | int, ...], tuple[str, ...]]:
    if values and all(type(value) is str or isinstance(value, str) for value in values):
        return "string", tuple(str(value) for value in values), ()
    if values and all(isinstance(value, int) and not isinstance(value, bool) for value in values):
        return "integer", tuple(int(value) for value in values), ()
    return "string", (), ("the values of a Literal or Enum are all str or all int",)


def _flag_problems(metadata: list[object]) -> Iterator[str]:
    """Neither a CHECK nor the API's documentation can say flags, so they would hold in one place and not in another."""
    for word in metadata:
        pattern = getattr(word, "pattern", None)
        flags = re.RegexFlag(pattern.flags & ~re.UNICODE) if isinstance(pattern, re.Pattern) else re.NOFLAG
        if flags:
            yield f"its pattern is compiled with {flags!r}; write out what that means instead, such as [A-Za-z]"


def _unfit_bounds(kind: Kind, bounds: Mapping[str, object]) -> Iterator[str]:
    """Pydantic takes them silently, and fails on the first value."""
    for name, value in bounds.items():
        is_text_order = kind == "string" and isinstance(value, str)
        if value is not None and kind not in _BOUNDED[name] and not is_text_order:
            yield f"{name} says nothing of a {_KIND_WORDS.get(kind, kind)}; leave it out"


def _bounds_in(word: object) -> Iterator[tuple[str, Any]]:
    """Pydantic keeps bounds as small objects with attributes of these very names."""
    for name in _LIMIT_NAMES:
        value = getattr(word, name, None)
        if value is not None and not callable(value):
            yield name, getattr(value, "pattern", value)
