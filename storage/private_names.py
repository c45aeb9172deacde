"""Which fields of a model are private."""

from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any, get_args

from pydantic import BaseModel

from storage.annotations import read_annotation
from storage.model import Encrypted, Private


@cache
def private_names(model: type[BaseModel]) -> frozenset[str]:
    """The names of its private fields, and of those of the models within it."""
    return frozenset(_names(model, set()))


def _names(model: type[BaseModel], seen: set[type]) -> Iterator[str]:
    seen.add(model)
    for name, info in model.model_fields.items():
        if read_annotation(info).has(Private) or read_annotation(info).has(Encrypted):
            yield name
        for inner in models_in(info.annotation):
            if inner not in seen:
                yield from _names(inner, seen)


def models_in(annotation: Any) -> Iterable[type[BaseModel]]:
    """The models a field of this type holds, at any depth of its annotation."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for member in get_args(annotation):
        yield from models_in(member)
