"""Reads JSON text: guarded against what parsers let through, bounded in what it may cost."""

import json
import re
from collections.abc import Iterable
from decimal import Decimal, InvalidOperation
from typing import Any

import orjson
from pydantic_core import from_json

from middleware.errors import Fault, Malformed
from storage.storable import escaped

VALUES_MAXIMUM = 10_000
"""While one body is read and checked nobody else is served, so what it may cost is bounded by what costs: not its bytes
but its values, 3 µs each where pydantic, the wire forms and the columns all have something to say of them (a list of
times is the worst). Ten thousand take about 30 ms."""
CONTAINER_VALUES = 3
"""A list or an object counts as this many values: it is allocated, may be a model, and may be tried against each member
of a union, 9 µs in all."""
SHALLOW_CONTAINERS = 200
"""No deeper than anybody can follow."""

_TEXT_OR_KEY = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"(\s*+:)?', re.DOTALL)
"""Every text of a valid document, and whether a colon makes it a key; possessive, so linear in the body's size."""
_LONG_NUMBER = re.compile(rb"[:,\[]\s*+-?[0-9](?:[0-9.]{15}|[0-9.]*[eE])")
"""A number of more than 15 digits, or with an exponent, which a double may not hold as it is written. It begins
with what stands before one and not with white space, of which a megabyte would take 16 ms."""

_TOO_DEEP = "lists and objects nest too deep"


def read_json(raw: bytes) -> Any:
    """Parse a body; raises Malformed for whatever is not exactly one JSON document with distinct keys."""
    containers = _containers(raw)
    if _weight(raw, containers) > VALUES_MAXIMUM:
        _refuse_many_values(raw)
    try:
        document = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise _malformed(*_explained(raw, error)) from error
    if containers > SHALLOW_CONTAINERS:
        _refuse_depth(raw)
    if _has_repeated_keys(raw, document):
        raise _malformed("duplicate_key", "an object names each property once", pointer=_repeated(raw))
    return document


def read_exact_numbers(raw: bytes, document: Any) -> Any:
    """The document with its fractions as Decimals where a double may have lost digits of one; else as it is."""
    return json.loads(raw, parse_float=_decimal) if _LONG_NUMBER.search(raw) else document


def _refuse_many_values(raw: bytes) -> None:
    """Where there may be too many, look at what stands outside of texts alone."""
    outside = _without_texts(raw)
    if _weight(outside, _containers(outside)) > VALUES_MAXIMUM:
        detail = f"a body has at most {VALUES_MAXIMUM:,} values, a list or an object counting as {CONTAINER_VALUES}"
        raise _malformed("json_too_large", detail)


def _weight(raw: bytes, containers: int) -> int:
    """How many values there are at most: one before each comma, and the lists and objects."""
    return raw.count(b",") + CONTAINER_VALUES * containers


def _without_texts(raw: bytes) -> bytes:
    """What stands outside the quotes: every second piece between them, once the escaped ones are gone."""
    return b"".join(raw.replace(rb"\\", b"").replace(rb"\"", b"").split(b'"')[::2])


def _refuse_depth(raw: bytes) -> None:
    """Pydantic, which follows 201 levels, has the lowest limit of all who read the body after this."""
    try:
        from_json(raw)
    except ValueError as error:
        raise _malformed("json_too_deep", _TOO_DEEP) from error


def _containers(raw: bytes) -> int:
    return raw.count(b"[") + raw.count(b"{")


def _decimal(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation:  # an exponent of twenty digits
        return Decimal("NaN")


def _malformed(code: str, detail: str, *, pointer: str = "") -> Malformed:
    return Malformed(
        "The body is not JSON this service reads.", faults=[Fault(code=code, detail=detail, pointer=pointer)]
    )


def _explained(raw: bytes, error: orjson.JSONDecodeError) -> tuple[str, str]:
    try:
        raw.decode()
    except UnicodeDecodeError as broken:
        return "invalid_unicode", f"the body is not UTF-8: byte {broken.start}"
    if not raw.strip():
        return "missing", "the body is empty"
    if "surrogate" in error.msg:
        return "invalid_unicode", "a text cannot hold half of a surrogate pair"
    if "depth limit" in error.msg:
        return "json_too_deep", _TOO_DEEP
    return "json_invalid", f"line {error.lineno}, column {error.colno}: {error.msg.partition(':')[0]}"


def _has_repeated_keys(raw: bytes, document: object) -> bool:
    """A parser keeps the last of two equal keys; so what it kept, written again, has fewer.

    Each key has a colon: with no more of those than properties, no key is lost, which spares writing most bodies again.
    """
    if isinstance(document, dict) and raw.count(b":") == len(document):
        return False
    return _count_keys(raw) != _count_keys(orjson.dumps(document))


def _count_keys(raw: bytes) -> int:
    return sum(map(bool, _TEXT_OR_KEY.findall(raw)))


def _repeated(raw: bytes) -> str:
    """The pointer to the first repeated key. Only asked once there is one, so it may be slow."""
    found = object()

    def marked(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        """The object, with a mark instead of a value that is given twice."""
        kept: dict[str, Any] = {}
        for key, value in pairs:
            kept[key] = found if key in kept else value
        return kept

    return _place_of(found, json.loads(raw, object_pairs_hook=marked)) or ""


def _place_of(sought: object, document: object) -> str | None:
    if document is sought:
        return ""
    for token, member in _members(document):
        below = _place_of(sought, member)
        if below is not None:
            return f"/{escaped(str(token))}{below}"
    return None


def _members(document: object) -> Iterable[tuple[object, object]]:
    if isinstance(document, dict):
        return document.items()
    return enumerate(document) if isinstance(document, list) else ()
