"""Finds what pydantic reads more loosely than the wire forms: it must not pass, or the stored value is a guess.

A decimal may be sent as a JSON number, but only where a double holds it exactly as it is written: parsers read
fractions as doubles, so `0.10000000000000000555` would be stored as `0.1`. As a string it keeps every digit.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin
from uuid import UUID

from pydantic import BaseModel

from middleware.errors import Fault
from server.requests.text_forms import (
    BOOLEAN,
    BOOLEAN_SENTENCE,
    DATE,
    DATE_SENTENCE,
    DATETIME,
    DATETIME_SENTENCE,
    DECIMAL,
    DECIMAL_SENTENCE,
    FLOAT,
    FLOAT_SENTENCE,
    INTEGER,
    INTEGER_SENTENCE,
    UUID_SENTENCE,
    UUID_TEXT,
)
from storage.storable import escaped

Place = tuple[object, ...]

_EXACT = frozenset({str, int, float, bool, NoneType})
"""What pydantic's strict mode reads from JSON's own type only."""


def loosely_read(model: type[BaseModel]) -> tuple[str, ...]:
    """The fields in which something loose may be found: not those whose JSON strict mode takes as it is or not at all.

    Nothing is known of fields that validators of the team's make something else of.
    """
    return tuple(name for name, info in model.model_fields.items() if not _is_exact(info.annotation))


def _is_exact(annotation: object) -> bool:
    members = get_args(annotation)
    match get_origin(annotation):
        case None:
            return annotation in _EXACT
        case kind if kind is list or kind is Union or kind is UnionType:
            return all(map(_is_exact, members))
        case kind if kind is dict:
            return members[0] is str and _is_exact(members[1])
        case kind if kind is Literal:
            return all(isinstance(member, str) for member in members)  # to Python 1 and true are the same
        case _:
            return False


def loose_faults(value: object, document: Any, *, names: Iterable[str] | None = None) -> list[Fault]:
    """The faults of a validated value, held against the JSON it was read from; of a record's, only in these fields."""
    faults: list[Fault] = []
    if names is None:
        _look(value, document, place=(), faults=faults)
    for name in names or ():
        item, said = getattr(value, name), document[name]
        if not (type(said) is str and _text_fault(type(item), said) is None):  # as nearly all that is given is
            _look_at_member(item, said, place=(name,), faults=faults)
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
    if isinstance(document, str):
        return _text_fault(type(value), document)
    if isinstance(document, Decimal) and isinstance(value, Decimal) and value != document:
        return "decimal_inexact", "a number of so many digits loses some of them: send it as a string"
    if isinstance(document, bool) and isinstance(value, int | Enum) and not isinstance(value, bool):
        return "int_type", INTEGER_SENTENCE  # of a closed set, in which Python takes true for 1
    return None


def _text_fault(kind: type, text: str) -> tuple[str, str] | None:
    form = _FORMS.get(kind)
    if form is None or form[0].fullmatch(text):
        return None
    return form[1:]


_FORMS: Mapping[type, tuple[re.Pattern[str], str, str]] = {
    Decimal: (DECIMAL, "decimal_parsing", DECIMAL_SENTENCE),
    date: (DATE, "date_parsing", DATE_SENTENCE),
    datetime: (DATETIME, "datetime_parsing", DATETIME_SENTENCE),
    UUID: (UUID_TEXT, "uuid_parsing", UUID_SENTENCE),
    bool: (BOOLEAN, "bool_parsing", BOOLEAN_SENTENCE),
    float: (FLOAT, "float_parsing", FLOAT_SENTENCE),
    int: (INTEGER, "int_parsing", INTEGER_SENTENCE),
}
