"""What a field of a model may not be, and why: names, markers and words that would be silently without effect."""

import re
from collections.abc import Iterator
from typing import Annotated, Any, get_args
from uuid import UUID

from pydantic import BaseModel, PlainSerializer, TypeAdapter, ValidationError, WrapSerializer
from pydantic.errors import PydanticUserError
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from storage.annotations import Shape
from storage.model import SYSTEM_FIELDS, Encrypted, Indexed, Key, Model, Private, Reference, System, Tenant, Unique
from storage.private_names import models_in, private_names

_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")
_CLASS_WORDS = frozenset({"table_name", "table_constraints", "table_renamed_from"})
_POSTGRES_COLUMNS = frozenset({"tableoid", "xmin", "cmin", "xmax", "cmax", "ctid"})
"""Every table has these (PostgreSQL manual, 5.6)."""
_SERIALIZERS = (PlainSerializer, WrapSerializer)


def is_name(text: str) -> bool:
    """Whether a table, a column or a property may be called so.

    Postgres keeps 63 bytes of a name, and one in lower case needs no quotes.
    """
    return _NAME.fullmatch(text) is not None


def field_problems(name: str, info: FieldInfo, *, shape: Shape) -> Iterator[str]:
    """Everything wrong with one field, as sentences for whoever wrote it."""
    yield from shape.problems
    yield from _naming_problems(name, shape)
    yield from _wire_problems(info)
    yield from _marker_problems(shape)
    if info.default is None and info.default_factory is None and not shape.nullable:
        yield "its default is None, so its type is … | None"
    elif not shape.problems:
        yield from _default_problems(info, shape)
        if shape.kind == "json" and not shape.has(Private) and any(map(private_names, models_in(info.annotation))):
            yield "an object in it holds private values: mark the whole field Private(), so that it can be erased"
        if shape.has(Encrypted):
            yield from _encrypted_problems(shape)
        if shape.has(Private):
            yield from _private_problems(info, shape)


def nested_problems(annotation: Any, seen: set[type] | None = None) -> Iterator[str]:
    """What is wrong with the models within a list or an object."""
    seen = set() if seen is None else seen
    if isinstance(annotation, type) and issubclass(annotation, BaseModel) and annotation not in seen:
        seen.add(annotation)
        for name, info in annotation.model_fields.items():
            if (info.validation_alias or name) != (info.serialization_alias or name):
                yield f"{annotation.__name__}.{name} is read under another name than written: give it one alias"
            yield from nested_problems(info.annotation, seen)
    for member in get_args(annotation):
        yield from nested_problems(member, seen)


def _naming_problems(name: str, shape: Shape) -> Iterator[str]:
    if not is_name(name):
        yield "a field's name is lower case: letters, digits and _, at most 63 of them"
    if name in SYSTEM_FIELDS and not shape.has(System):
        yield f"{name} is reserved: every record has one already; choose another name"
    if name in _CLASS_WORDS or name in _POSTGRES_COLUMNS:
        whose = "Mainstay's Model" if name in _CLASS_WORDS else "every Postgres table"
        yield f"{name} is reserved: {whose} has one already; choose another name"
    if name == "id" and not shape.has(Key):
        yield "id is reserved: mark it with Key() to make it this model's key, or choose another name"


def _default_problems(info: FieldInfo, shape: Shape) -> Iterator[str]:
    """A constant default is never validated by pydantic, and Postgres would refuse each record that leaves it out."""
    empty: object = [] if info.default_factory is list else {} if info.default_factory is dict else PydanticUndefined
    default = empty if info.default_factory else info.default
    is_numbered_key = shape.has(Key) and default == 0
    if default is PydanticUndefined or is_numbered_key:
        return
    try:
        declared: Any = Annotated[info.annotation, *info.metadata] if info.metadata else info.annotation
        TypeAdapter(declared).validate_python(default)
    except ValidationError as error:
        for fault in error.errors(include_url=False):
            yield f"its default {default!r} breaks its own rules: {fault['msg']}"
    except (PydanticUserError, TypeError):
        return  # what cannot be validated at all is told of its type


def _wire_problems(info: FieldInfo) -> Iterator[str]:
    if info.alias or info.validation_alias or info.serialization_alias:
        yield "aliases are not supported: the field's name is its name on the wire and in the table"
    if info.exclude:
        yield "exclude has no effect: every field of a record is answered; keep what is secret in a model of its own"
    if any(isinstance(word, _SERIALIZERS) for word in info.metadata):
        yield "a serializer has no effect: Postgres renders the records"


def _marker_problems(shape: Shape) -> Iterator[str]:
    if shape.kind == "json" and (shape.has(Unique) or shape.has(Reference)):
        yield "a list or object can be neither unique nor a reference"
    if shape.has(Key) and shape.has(Reference):
        yield "a key cannot be a reference as well"
    if shape.has(Tenant):
        yield from _tenant_problems(shape)
    for word in shape.markers:
        if isinstance(word, Unique | Indexed) and word.fields:
            yield f"{type(word).__name__}(…) on a field names no fields: what spans several stands in constraints=[…]"
        if isinstance(word, type) and word.__module__ == Model.__module__:
            yield f"write {word.__name__}() with its brackets"
    reference = shape.first(Reference)
    if reference is not None and not _can_be_referred_to(reference.target):
        yield f"Reference({reference.target!r}) names no model: give its class, or its name where it comes later"
    if reference is not None and reference.expand_as and not is_name(reference.expand_as):
        yield "expand_as is lower case: letters, digits and _, at most 63 of them"


def _can_be_referred_to(target: object) -> bool:
    return isinstance(target, str) or (isinstance(target, type) and issubclass(target, Model))


def _private_problems(info: FieldInfo, shape: Shape) -> Iterator[str]:
    """A person's data can be erased: something has to stand in its place."""
    erased: Any = next((word.erased for word in shape.markers if isinstance(word, Private)), None)
    if shape.has(Key) or shape.has(Reference) or shape.has(Tenant):
        yield "a key, a reference or a tenant is in addresses and in other records: it cannot be private"
    elif erased is not None and not isinstance(erased, str):
        yield f"erased=… is the text that stands here instead, not {erased!r}"
    elif erased is None:
        empty = shape.nullable or not info.is_required()
        if not empty or (shape.has(Unique) and not shape.nullable):
            yield 'when it is erased something else stands here: let it be None, or say Private(erased="{key}")'
    elif shape.kind != "string":
        yield "erased=… is for texts: let it be None, or give it a default"
    elif shape.has(Unique) and "{key}" not in erased:
        yield 'it is unique, so what stands here when it is erased has "{key}" in it'
    else:
        yield from _unfit_erasure(info, erased)


def _encrypted_problems(shape: Shape) -> Iterator[str]:
    if shape.kind != "string" or shape.limits.values:
        yield "only a text can be Encrypted()"
    for word in (Key, Reference, Tenant, Unique, Indexed):
        if shape.has(word):
            yield f"what is Encrypted() looks different each time: it can be no {word.__name__}()"


def _unfit_erasure(info: FieldInfo, erased: str) -> Iterator[str]:
    declared: Any = Annotated[info.annotation, *info.metadata]
    try:
        TypeAdapter(declared).validate_python(erased.replace("{key}", str(UUID(int=0))))
    except ValidationError as error:
        yield f"erased={erased!r} breaks its own rules: {error.errors(include_url=False)[0]['msg']}"


def _tenant_problems(shape: Shape) -> Iterator[str]:
    if shape.kind not in ("string", "uuid") or shape.nullable or shape.limits.values:
        yield "a tenant is a str or a UUID, never None"
    if shape.has(Key) or shape.has(Unique) or shape.has(Reference):
        yield "a tenant is neither a key nor unique nor a reference: callers' credentials name it"
