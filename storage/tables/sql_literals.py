"""Writes declared values as SQL: only for tables' definitions, never for what a caller sends."""

import json
import math
from datetime import date, datetime
from decimal import Decimal
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from storage.record_type import Kind

CAST: dict[Kind, str] = {
    "string": "text",
    "integer": "bigint",
    "decimal": "numeric",
    "float": "double precision",
    "boolean": "boolean",
    "datetime": "timestamptz",
    "date": "date",
    "uuid": "uuid",
    "json": "jsonb",
}
"""What Postgres calls each kind of value."""

NEUTRAL_VALUES: dict[Kind, str] = {
    "string": "''::text",
    "integer": "0",
    "decimal": "0",
    "float": "0",
    "boolean": "false",
    "datetime": "now()",
    "date": "CURRENT_DATE",
    "uuid": "gen_random_uuid()",
}
"""What rows without a value could be given, when whoever migrates says so."""

_ESCAPES = {"\\": "\\\\", "'": "''", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\b": "\\b", "\f": "\\f"}
_FIRST_PRINTABLE = " "


def quoted(text: str) -> str:
    """`text` as a string constant; control characters are escaped, so that a file or a terminal keeps it intact."""
    if "\\" not in text and all(letter >= _FIRST_PRINTABLE for letter in text):
        return "'" + text.replace("'", "''") + "'"
    return "E'" + "".join(_escaped(letter) for letter in text) + "'"


def _escaped(letter: str) -> str:
    if letter in _ESCAPES:
        return _ESCAPES[letter]
    return letter if letter >= _FIRST_PRINTABLE else f"\\x{ord(letter):02x}"


def number(value: object) -> str | None:
    """A number as SQL; None for what is no finite number."""
    match value:
        case bool():
            return None
        case int():
            return str(value)
        case float() if math.isfinite(value):
            return format(Decimal(repr(value)), "f")
        case Decimal() if value.is_finite():
            return format(value, "f")
    return None


def bound(kind: Kind, value: object) -> str | None:
    """A bound to compare a column of this kind with; None where Postgres and pydantic might disagree."""
    match kind, value:
        case (("integer" | "decimal" | "float"), _):
            return number(value)
        case "datetime", datetime() if value.tzinfo is not None:
            return f"{quoted(value.isoformat())}::timestamptz"
        case "date", date() if not isinstance(value, datetime):
            return f"{quoted(value.isoformat())}::date"
    return None


def container(annotation: Any) -> Any:
    """What a json field holds, without `| None` and Annotated: `list`, `dict`, a model, or a union of several."""
    origin, members = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return container(members[0])
    if origin in (Union, UnionType):
        rest = {container(member) for member in members if member is not type(None)}
        return rest.pop() if len(rest) == 1 else annotation
    return origin or annotation


def empty_json(annotation: Any) -> str:
    """The empty list or object of a json field; nothing for one whose fields are given."""
    held = container(annotation)
    return "'[]'::jsonb" if held is list else "'{}'::jsonb" if held is dict else ""


def default(kind: Kind, value: object) -> str:
    """A constant default, given as JSON would carry it, as SQL of the column's type."""
    match kind, value:
        case "json", _:
            return f"{quoted(json.dumps(value, ensure_ascii=False, separators=(',', ':')))}::jsonb"
        case _, bool():
            return "true" if value else "false"
        case (("integer" | "decimal"), int()):
            return quoted(str(value)) + f"::{CAST[kind]}" if value < 0 else str(value)
    return f"{quoted(str(value))}::{CAST[kind]}"
