"""The words a declaration names: what may be repeated of where a request was wrong, as no caller made it up."""

import re
from collections.abc import Iterator
from typing import get_args

from pydantic import BaseModel

from server.declaration import Declaration
from storage.listing import Operator
from storage.private_names import models_in

_OF_EVERY_LIST = ("limit", "sort", "cursor", "fields", "expand")
_PATH_PARAMETER = re.compile(r"{(\w+)}")


def declared_words(declaration: Declaration) -> frozenset[str]:
    """The names of fields, at any depth, of parameters, and of what every list takes."""
    service = declaration.service
    models = [*declaration.types]
    bodies = [model for route in service.routes for model in (route.accepts, route.parameters) if model is not None]
    seen: set[type[BaseModel]] = set()
    words = {*_OF_EVERY_LIST, *get_args(Operator)}
    for model in (*models, *bodies):
        words.update(_names(model, seen))
    for record_type in declaration.types.values():
        words.update(record_type.by_name)
    for route in service.routes:
        words.update(_PATH_PARAMETER.findall(route.path))
    return frozenset(words)


def _names(model: type[BaseModel], seen: set[type[BaseModel]]) -> Iterator[str]:
    if model in seen:
        return
    seen.add(model)
    for name, info in model.model_fields.items():
        yield name
        if info.alias is not None:
            yield info.alias
        for inner in models_in(info.annotation):
            yield from _names(inner, seen)
