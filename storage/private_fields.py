"""Which fields of a model are private, and what values they hold."""

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any, get_args

from pydantic import BaseModel

from storage.annotations import read_annotation
from storage.model import Private
from telemetry.private_texts import remember


@cache
def private_names(model: type[BaseModel]) -> frozenset[str]:
    """The names of its private fields, and of those of the models within it."""
    return frozenset(_names(model, set()))


def remember_private(document: object, names: frozenset[str]) -> None:
    """Let nothing written down for this request repeat what a JSON document holds under these names, at any depth."""
    if names:
        remember(_texts_under(document, names))


def remember_record(record: BaseModel) -> None:
    """The same for a record read from the database."""
    names = private_names(type(record))
    if names:
        remember_private(record.model_dump(mode="json"), names)


def _names(model: type[BaseModel], seen: set[type]) -> Iterator[str]:
    seen.add(model)
    for name, info in model.model_fields.items():
        if read_annotation(info).has(Private):
            yield name
        for inner in _models_in(info.annotation):
            if inner not in seen:
                yield from _names(inner, seen)


def _models_in(annotation: Any) -> Iterable[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for member in get_args(annotation):
        yield from _models_in(member)


def _texts_under(document: object, names: frozenset[str]) -> Iterator[str]:
    if isinstance(document, Mapping):
        for name, value in document.items():
            yield from _texts(value) if name in names else _texts_under(value, names)
    elif isinstance(document, list | tuple):
        for value in document:
            yield from _texts_under(value, names)


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, Mapping):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _texts(inner)
    elif value is not None and not isinstance(value, bool):
        yield str(value)
