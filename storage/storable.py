"""What no column can hold, whatever a model allows: checked before anything is sent."""

import math
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from types import NoneType
from typing import Any, cast
from uuid import UUID

from middleware.errors import Fault
from storage.record_type import RecordField, RecordType
from storage.wire import INTEGER_MAXIMUM, INTEGER_MINIMUM, is_shortest_of_a_double, is_within_64_bits, plain, utc

__all__ = [
    "DECIMAL_DIGITS_MAXIMUM",
    "INTEGER_MAXIMUM",
    "INTEGER_MINIMUM",
    "document_faults",
    "escaped",
    "storage_faults",
    "text_faults",
]

_ALWAYS_FIT = frozenset({NoneType, bool, date, UUID})
INTEGER_SENTENCE = "an integer has at most 64 bits"
DECIMAL_DIGITS_MAXIMUM = 1_000
"""Postgres keeps 131,072 digits before the point; no honest amount needs a thousand."""
_UNADDRESSABLE = frozenset({"", ".", ".."})
"""Keys that no address can end in: `/products/..` is `/` to whoever normalises it (RFC 3986 §5.2.4)."""


def storage_faults(record_type: RecordType, values: Mapping[str, object]) -> list[Fault]:
    """Everything about `values` (field name → Python value) that its columns cannot hold; pointers into the record."""
    room = record_type.index_room_bytes
    return [
        Fault(code=code, detail=detail, pointer=pointer)
        for name, value in values.items()
        if not _surely_fits(value, room.get(name))
        for pointer, code, detail in _faults(record_type.by_name[name], value, room=room.get(name))
    ]


def _surely_fits(value: object, room: int | None) -> bool:
    """What most values are, seen at once: plain text, not too long; a number of few bits; nothing; a list of these."""
    kind = type(value)
    if kind is str:
        text = cast("str", value)
        is_short = 1 <= len(text) <= (room or len(text))
        return is_short and text.isascii() and "\0" not in text and text[0] != "."
    if kind is int:
        return is_within_64_bits(cast("int", value))
    if kind is list and room is None:
        return all(_surely_fits(item, None) for item in cast("list[object]", value))
    return kind in _ALWAYS_FIT


def _faults(field: RecordField, value: Any, *, room: int | None) -> Iterator[tuple[str, str, str]]:
    pointer = f"/{field.name}"
    value = value.value if isinstance(value, Enum) else value
    if isinstance(value, str):
        yield from ((pointer, *fault) for fault in text_faults(value))
        if room is not None and len(value.encode(errors="replace")) > room:
            yield pointer, "string_too_long", f"this text is part of an index: it has at most {room:,} bytes"
        if field.key and value in _UNADDRESSABLE:
            yield pointer, "key_unaddressable", 'a key is not empty, "." or "..": no address could name it'
    elif field.kind == "json":
        yield from _json_faults(pointer, plain(value))
    else:
        yield from ((pointer, *fault) for fault in _scalar_faults(value))


def _scalar_faults(value: object) -> Iterator[tuple[str, str]]:
    if isinstance(value, int) and not is_within_64_bits(value):
        yield "integer_out_of_range", INTEGER_SENTENCE
    elif isinstance(value, float) and not math.isfinite(value):
        yield "finite_number", "a number is finite"
    elif isinstance(value, Decimal):
        yield from _decimal_faults(value)
    elif isinstance(value, datetime):
        yield from _datetime_faults(value)


def _decimal_faults(value: Decimal) -> Iterator[tuple[str, str]]:
    if not value.is_finite():
        yield "finite_number", "a number is finite"
    elif max(abs(value.adjusted()), -int(value.as_tuple().exponent)) >= DECIMAL_DIGITS_MAXIMUM:
        yield (
            "decimal_out_of_range",
            f"a decimal has at most {DECIMAL_DIGITS_MAXIMUM} digits on either side of the point",
        )


def _datetime_faults(value: datetime) -> Iterator[tuple[str, str]]:
    try:
        utc(value)
    except OverflowError:
        yield "datetime_out_of_range", "a time in UTC lies in the years 1 to 9999"


def text_faults(text: str) -> Iterator[tuple[str, str]]:
    """What Postgres cannot keep in a text: U+0000, and halves of surrogate pairs."""
    if "\0" in text:
        yield "nul_character", "a text cannot hold the character U+0000"
    try:
        text.encode()
    except UnicodeEncodeError:
        yield "invalid_unicode", "a text cannot hold half of a surrogate pair"


def document_faults(document: object) -> list[Fault]:
    """The same for a whole JSON document, wherever in it."""
    return [Fault(code=code, detail=detail, pointer=pointer) for pointer, code, detail in _json_faults("", document)]


def _json_faults(pointer: str, document: Any) -> list[tuple[str, str, str]]:
    found: list[tuple[str, str, str]] = []
    _look(pointer, document, found=found)
    return found


def _look(pointer: str, value: Any, *, found: list[tuple[str, str, str]]) -> None:
    if isinstance(value, dict):
        for key, item in value.items():
            below = f"{pointer}/{escaped(key)}"
            found += [(below, *fault) for fault in text_faults(key)]
            _look(below, item, found=found)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            if not _surely_fits(item, None):
                _look(f"{pointer}/{index}", item, found=found)
    elif isinstance(value, str):
        found += [(pointer, *fault) for fault in text_faults(value)]
    elif not (isinstance(value, int) and is_shortest_of_a_double(value)):
        found += [(pointer, *fault) for fault in _scalar_faults(value)]


def escaped(token: str) -> str:
    """One reference token of an RFC 6901 pointer: `~` and `/` have escapes."""
    return token.replace("~", "~0").replace("/", "~1")
