"""One wire form per kind: how Postgres renders a field, how Python renders it, how it becomes a parameter.

    kind       wire                                     in Postgres
    string     string                                   text
    integer    number, 64 bits                          bigint
    decimal    string, never an exponent                numeric
    float      number                                   double precision
    boolean    true, false                              boolean
    datetime   "2026-01-31T23:59:59.000000Z", UTC       timestamptz
    date       "2026-01-31"                             date
    uuid       string, lower case                       uuid
    json       as it is                                 jsonb

What only nested models and a route's own answers can hold (times of day, durations, bytes, …) looks as pydantic has it.
The two paths are held against each other by a property test.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from decimal import Context, Decimal
from enum import Enum
from functools import cache
from types import NoneType
from typing import Any
from uuid import UUID

import orjson
from pydantic import BaseModel, PlainSerializer, WrapSerializer
from pydantic_core import to_jsonable_python
from sqlalchemy import ColumnElement, Text, cast, func

from storage.annotations import read_annotation
from storage.model import SYSTEM_FIELDS, Key, Model
from storage.record_type import Kind, Limits, RecordField

TIMESTAMP_FORMAT = 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'
"""Always six digits of a second: every time has the same width, so times sort as text."""

INTEGER_MINIMUM, INTEGER_MAXIMUM = -(2**63), 2**63 - 1

_SCALARS = frozenset({NoneType, bool, int, float, str, Decimal, datetime, date, UUID})
"""What most values are, told by one look: to ask pydantic's and the abstract classes costs 1 µs for each of them."""

_SERIALIZERS = (PlainSerializer, WrapSerializer)
_WIDE = Context(prec=2_000)
"""Python's own context rounds to 28 digits; a numeric of Postgres's may be declared with a thousand."""
_OPTIONS = orjson.OPT_PASSTHROUGH_DATETIME


def rendered_by_postgres(kind: Kind, column: ColumnElement[Any]) -> ColumnElement[Any]:
    """The SQL expression whose `row_to_json` form is the kind's wire form."""
    if kind == "decimal":
        return cast(column, Text)
    if kind == "datetime":
        return func.to_char(func.timezone("UTC", column), TIMESTAMP_FORMAT)
    return column


def rendered(value: object) -> bytes:
    """Render any value a handler may return: models, lists of them, plain data.

    Raises TypeError for what has no wire form, such as an integer of more than 64 bits.
    """
    try:
        return orjson.dumps(plain(value), default=_plain_scalar, option=_OPTIONS)
    except orjson.JSONEncodeError:
        return orjson.dumps(_with_doubles(plain(value)), default=_plain_scalar, option=_OPTIONS)


def plain(value: object) -> object:
    """Turn models into dicts whose scalars `rendered` knows; a record's decimals get their declared places."""
    if type(value) in _SCALARS:
        return value
    if isinstance(value, Model):
        return {name: plain(_scaled(getattr(value, name), places)) for name, places in _layout(type(value))}
    if isinstance(value, BaseModel):
        members = _members(value) if _is_as_it_looks(type(value)) else value.model_dump(by_alias=True).items()
        return {name: item if type(item) in _SCALARS else plain(item) for name, item in members}
    if isinstance(value, Mapping):
        return {str(_key_text(key)): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item) for item in value]
    return value


def _members(value: BaseModel) -> Iterable[tuple[str, object]]:
    """A model's fields, and what it was given besides; pydantic makes two generators and a list to tell them."""
    own = value.__dict__
    is_no_more = not value.__pydantic_extra__ and own.keys() == type(value).__pydantic_fields__.keys()
    return own.items() if is_no_more else value


def is_within_64_bits(value: int) -> bool:
    """Whether an integer is one on the wire."""
    return INTEGER_MINIMUM <= value <= INTEGER_MAXIMUM


def is_shortest_of_a_double(value: int) -> bool:
    """Whether an integer of more than 64 bits is how jsonb writes a double, as 1e300 comes back with 301 digits."""
    try:
        return not is_within_64_bits(value) and Decimal(repr(float(value))) == value
    except OverflowError:
        return False


def parameter(field: RecordField, value: Any) -> str | int | float | bool | None:
    """The statement parameter that stores `value`; texts take the type the statement declares."""
    if value is None:
        return None
    if field.kind == "json":
        return rendered(value).decode()
    if isinstance(value, Enum):
        value = value.value
    if field.kind == "datetime":
        return utc(value).isoformat()
    if field.kind in ("uuid", "date"):
        return str(value)
    if field.kind == "decimal":
        return format(value, "f")
    return value  # type: ignore[no-any-return]  # str, int, float or bool by the field's kind


def utc(moment: datetime) -> datetime:
    """The same instant in UTC; a time that names no zone is taken as UTC."""
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _with_doubles(value: object) -> object:
    """Plain data with its integers of more than 64 bits as the doubles they are, where they are."""
    if isinstance(value, dict):
        return {key: _with_doubles(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_with_doubles(item) for item in value]
    return float(value) if isinstance(value, int) and is_shortest_of_a_double(value) else value


def _scaled(value: object, places: int | None) -> object:
    if isinstance(value, Decimal) and places is not None:
        return value.quantize(Decimal(1).scaleb(-places), context=_WIDE)
    return value


@cache
def _layout(model: type[Model]) -> tuple[tuple[str, int | None], ...]:
    """The fields in wire order, each with the scale Postgres pads it to: that of a numeric(digits, places)."""
    shapes = {name: read_annotation(info) for name, info in model.model_fields.items()}
    ranks = {name: -1 if shape.has(Key) else name in SYSTEM_FIELDS for name, shape in shapes.items()}
    names = sorted(shapes, key=ranks.__getitem__)
    return tuple((name, _padded_places(shapes[name].limits)) for name in names)


@cache
def _is_as_it_looks(model: type[BaseModel]) -> bool:
    """Whether a model's fields are its wire form: nothing renamed, left out, computed or serialized in its own way."""
    own = model.__pydantic_decorators__
    changed = any(
        info.alias
        or info.serialization_alias
        or info.exclude
        or any(isinstance(m, _SERIALIZERS) for m in info.metadata)
        for info in model.model_fields.values()
    )
    return not (changed or own.computed_fields or own.field_serializers or own.model_serializers)


def _padded_places(limits: Limits) -> int | None:
    return limits.decimal_places if limits.max_digits is not None else None


def _key_text(key: object) -> object:
    return key.value if isinstance(key, Enum) else key


def _plain_scalar(value: object) -> object:
    if isinstance(value, datetime):
        # strftime does not pad years below 1000 on Linux
        return utc(value).strftime("%Y-%m-%dT%H:%M:%S.%fZ").rjust(len("2026-01-31T23:59:59.000000Z"), "0")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return format(value or abs(value), "f")
    return to_jsonable_python(value)
