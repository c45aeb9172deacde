"""Reads a JSON body: guarded against what parsers let through, validated whole, all faults at once."""

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any, TypeVar

import orjson
from pydantic import TypeAdapter, ValidationError

from middleware.errors import Fault, Invalid, Malformed
from storage.storable import escaped

FAULTS_MAXIMUM = 100
CONTAINERS_MAXIMUM = 20_000
"""Parsing 1 MiB of empty lists takes 0.3 s, all of it the allocation of 350,000 lists; this many take 10 ms."""

_TEXT_OR_KEY = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"(\s*+:)?', re.DOTALL)
"""Every text of a valid document, and whether a colon makes it a key; possessive, so linear in the body's size."""

_TOO_DEEP = "lists and objects nest too deep"

T = TypeVar("T")


def read_json(raw: bytes) -> Any:
    """Parse a body; raises Malformed for whatever is not exactly one JSON document with distinct keys."""
    if raw.count(b"[") + raw.count(b"{") > CONTAINERS_MAXIMUM:
        raise _malformed("json_too_large", f"a body has at most {CONTAINERS_MAXIMUM} lists and objects")
    try:
        document = orjson.loads(raw)
        repeated = _has_repeated_keys(raw, document)
    except orjson.JSONDecodeError as error:
        raise _malformed(*_explained(raw, error)) from error
    except TypeError as error:  # orjson writes less deep than it reads
        raise _malformed("json_too_deep", _TOO_DEEP) from error
    if repeated:
        raise _malformed("duplicate_key", "an object names each property once", pointer=_repeated(raw))
    return document


def validated(adapter: TypeAdapter[T], raw: bytes) -> T:
    """The model in a parsed body, JSON's own types taken strictly; raises Invalid with every fault."""
    try:
        return adapter.validate_json(raw, strict=True)
    except ValidationError as error:
        if "recursion limit" in str(error.errors(include_url=False)[0]["msg"]):
            raise _malformed("json_too_deep", _TOO_DEEP) from error
        raise Invalid("The body breaks the declared rules.", faults=list(faults_of(error))) from error


def faults_of(error: ValidationError) -> Iterator[Fault]:
    """Pydantic's errors as faults with JSON pointers; never with the values themselves."""
    for one in error.errors(include_url=False, include_context=False, include_input=False)[:FAULTS_MAXIMUM]:
        yield Fault(code=one["type"], detail=one["msg"], pointer=pointer(one["loc"]))


def pointer(place: Iterable[str | int]) -> str:
    """An RFC 6901 pointer from pydantic's location."""
    return "".join(f"/{escaped(str(token))}" for token in place)


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
    """A parser keeps the last of two equal keys; so what it kept, written again, has fewer."""
    return _count_keys(raw) != _count_keys(orjson.dumps(document))


def _count_keys(raw: bytes) -> int:
    return sum(map(bool, _TEXT_OR_KEY.findall(raw)))


def _repeated(raw: bytes) -> str:
    """Where the first repeated key stands. Only asked once there is one, so it may be slow."""
    found: list[str] = []

    def note(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        kept: dict[str, Any] = {}
        for key, value in pairs:
            if key in kept:
                found.append(f"/{escaped(key)}")
            kept[key] = value
        return kept

    json.loads(raw, object_pairs_hook=note)
    return found[0] if found else ""
