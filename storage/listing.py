"""What a caller may ask of a list, as data: filters, order, place, size and shape."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from storage.record_type import Kind, RecordField
from telemetry.frozen import frozen

Operator = Literal["eq", "ne", "gt", "gte", "lt", "lte", "in", "nin", "like", "ilike", "is", "contains"]

_EQUALITY: tuple[Operator, ...] = ("eq", "ne", "in", "nin", "is")
_ORDERED: tuple[Operator, ...] = ("eq", "ne", "gt", "gte", "lt", "lte", "in", "nin", "is")
_OPERATORS: Mapping[Kind, tuple[Operator, ...]] = {
    "string": (*_ORDERED, "like", "ilike", "contains"),
    "integer": _ORDERED,
    "decimal": _ORDERED,
    "float": _ORDERED,
    "datetime": _ORDERED,
    "date": _ORDERED,
    "uuid": _ORDERED,
    "boolean": ("eq", "ne", "is"),
    "json": ("contains", "is"),
}


def operators_of(field: RecordField) -> tuple[Operator, ...]:
    """The filters a field's kind allows; a closed set knows no order."""
    return _EQUALITY if field.limits.values else _OPERATORS[field.kind]


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """One condition. `value` is a parameter's text, a list of them for in and nin, None for `is`.

    `is` asks for null where `negated` is false and for a value where it is true.
    """

    field: RecordField
    operator: Operator
    value: str | tuple[str, ...] | None = None
    negated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One sort key."""

    field: RecordField
    descending: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """What a rendered record shows: these fields (empty: all) and these references expanded.

    Of a record that is expanded, what is `hidden` is left out: `expansion.name`.
    """

    fields: tuple[str, ...] = ()
    expand: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()


WHOLE = Shape()
"""Every field, no reference expanded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """A whole question. `order` ends in a field (or fields) no two records share.

    `after` holds the last record's sort values as Postgres's text, in `order`'s order; empty on the first page.
    """

    filters: tuple[Filter, ...] = ()
    order: tuple[Order, ...] = ()
    after: tuple[str | None, ...] = ()
    limit: int = 20
    shape: Shape = WHOLE
    count: bool = False


@frozen
class Rendered:
    """One record as Postgres rendered it: JSON text in UTF-8, its entity tag, its key as text.

    `is_replayed` where it is what an earlier request with the same key was answered.
    """

    body: bytes
    etag: str
    key: str
    is_replayed: bool = False


@frozen
class Page:
    """One page: the records' JSON joined by commas, the last one's sort values if more follow, the total if asked."""

    items: bytes
    after: tuple[str | None, ...] | None
    total: int | None
