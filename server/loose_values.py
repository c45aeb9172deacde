"""Finds what pydantic reads more loosely than the wire forms: it must not pass, or the stored value is a guess.

A decimal may be sent as a JSON number, but only where a double holds it exactly as it is written: parsers read
fractions as doubles, so `0.10000000000000000555` would be stored as `0.1`. As a string it keeps every digit.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from enum import Enum
from types import NoneType
from typing import Any
from uuid import UUID

from pydantic import BaseModel

from middleware.errors import Fault
from server.text_forms import (
    DATETIME_SENTENCE,
    DAY,
    DECIMAL,
    DECIMAL_SENTENCE,
    INTEGER_SENTENCE,
    UUID_SENTENCE,
    UUID_TEXT,
)
from storage.storable import escaped

Place = tuple[object, ...]

_EXACT = frozenset({str, int, float, bool, NoneType})
"""What pydantic's strict mode reads from JSON's own type only."""


def loose_faults(value: object, document: object) -> list[Fault]:
    """The faults of a validated value, held against the JSON it was read from."""
    faults: list[Fault] = []
    _look(value, document, place=(), faults=faults)
    return faults


def _look(value: Any, document: Any, *, place: Place, faults: list[Fault]) -> None:
    """A validator may have made something else of the JSON: then there is nothing to hold it against."""
    if isinstance(document, dict):
        named = vars(value) if isinstance(value, BaseModel) else value if isinstance(value, dict) else {}
        for key, item in named.items():
            if key in document:
                _look_at_member(item, document[key], place=(*place, key), faults=faults)
    elif isinstance(document, list):
        if isinstance(value, list | tuple) and len(value) == len(document):
            for index, item in enumerate(value):
                _look_at_member(item, document[index], place=(*place, index), faults=faults)
    else:
        fault = _scalar_fault(value, document)
        if fault is not None:
            pointer = "".join(f"/{escaped(str(token))}" for token in place)
            faults.append(Fault(code=fault[0], detail=fault[1], pointer=pointer))


def _look_at_member(item: object, document: object, *, place: Place, faults: list[Fault]) -> None:
    if type(item) not in _EXACT or (type(item) is int and type(document) is bool):
        _look(item, document, place=place, faults=faults)


def loose_texts(value: object, given: Mapping[str, str]) -> Iterator[tuple[str, str, str]]:
    """Name, code and detail of what a query's parameters say in another way than the wire forms."""
    for name, item in vars(value).items():
        fault = _scalar_fault(item, given[name]) if name in given else None
        if fault is not None:
            yield (name, *fault)


def _scalar_fault(value: object, document: object) -> tuple[str, str] | None:
    match value:
        case Decimal():
            return _decimal_fault(value, document)
        case datetime() if isinstance(document, str) and not DAY.match(document):
            return "datetime_parsing", DATETIME_SENTENCE
        case UUID() if isinstance(document, str) and not UUID_TEXT.fullmatch(document):
            return "uuid_parsing", UUID_SENTENCE
        case bool() if isinstance(document, str) and document not in ("true", "false"):
            return "bool_parsing", BOOLEAN_SENTENCE
        case float() if isinstance(document, str) and not FLOAT.fullmatch(document):
            return "float_parsing", FLOAT_SENTENCE
        case int() | Enum():
            return _integer_fault(value, document)
    return None


def _integer_fault(value: int | Enum, document: object) -> tuple[str, str] | None:
    """A closed set of integers takes true for 1, and a query's text is read as Python reads it."""
    if isinstance(document, bool) and not isinstance(value, bool):
        return "int_type", INTEGER_SENTENCE
    if isinstance(document, str) and type(value) is int and not INTEGER.fullmatch(document):
        return "int_parsing", INTEGER_SENTENCE
    return None


def _decimal_fault(value: Decimal, document: object) -> tuple[str, str] | None:
    if isinstance(document, str) and not DECIMAL.fullmatch(document):
        return "decimal_parsing", DECIMAL_SENTENCE
    if isinstance(document, Decimal) and value != document:
        return "decimal_inexact", "a number of so many digits loses some of them: send it as a string"
    return None
