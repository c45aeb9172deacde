"""Validates a JSON body whole: all faults at once, each with its pointer and never with the value itself."""

from collections.abc import Container, Iterable, Iterator, Sequence
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from middleware.errors import Fault, Invalid
from server.requests.json_document import read_exact_numbers
from server.requests.loose_values import loose_faults
from storage.storable import escaped

FAULTS_MAXIMUM = 100
"""Told of one request: more than anybody reads."""
_FAULTS_COUNTED_MAXIMUM = 2_000
"""Pydantic hands out its errors all or none, 2.6 µs each: listing this many takes 5 ms."""

T = TypeVar("T")


def validated(adapter: TypeAdapter[T], raw: bytes, *, document: Any, loose: Sequence[str] | None = None) -> T:
    """The model in a body, JSON's own types taken strictly; raises Invalid with every fault.

    `document` is what `read_json` made of `raw`; the model is read from the text itself, which has every digit. `loose`
    are the fields that strictness leaves to be looked at (`loosely_read`), all where that is not known.
    """
    try:
        value: T = adapter.validator.validate_json(raw, strict=True)
    except ValidationError as error:
        raise broken_rules(faults_of(error, document)) from error
    faults = loose_faults(value, read_exact_numbers(raw, document)) if loose is None else []
    given = [name for name in loose or () if name in document]
    if given:
        is_exact = all(type(document[name]) is str for name in given)  # no number there lacks a digit
        faults = loose_faults(value, document if is_exact else read_exact_numbers(raw, document), names=given)
    if faults:
        raise broken_rules(faults)
    return value


def broken_rules(faults: Sequence[Fault]) -> Invalid:
    """What is told of a body with these faults."""
    return Invalid("The body breaks the declared rules.", faults=faults[:FAULTS_MAXIMUM])


def faults_of(error: ValidationError, document: Any) -> list[Fault]:
    """Pydantic's errors about `document` as faults."""
    count = error.error_count()
    if count > _FAULTS_COUNTED_MAXIMUM:
        return [Fault(code="too_many_faults", detail=f"this has {count:,} faults, too many to list", pointer="")]
    errors = error.errors(include_url=False, include_context=False, include_input=False)
    return [
        Fault(code=one["type"], detail=one["msg"], pointer=pointer(_place(one, document)))
        for one in errors[:FAULTS_MAXIMUM]
    ]


def pointer(place: Iterable[object]) -> str:
    """An RFC 6901 pointer."""
    return "".join(f"/{escaped(str(token))}" for token in place)


def _place(error: ErrorDetails, document: Any) -> Iterator[str | int]:
    """Where in the document; pydantic also names what is not in it, such as the members of a union it has tried."""
    for token in error["loc"]:
        if token in _tokens(document):
            document = document[token]
            yield token
    if error["type"] == "missing":
        yield error["loc"][-1]


def _tokens(document: object) -> Container[object]:
    if isinstance(document, dict):
        return document
    return range(len(document)) if isinstance(document, list) else ()
