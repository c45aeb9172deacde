"""From a model to what storage knows of it: reads the declaration, reports every mistake at once."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined, to_jsonable_python

from storage.annotations import Shape, read_annotation
from storage.field_rules import field_problems, nested_problems
from storage.mistakes import Misdeclared, Mistake
from storage.model import (
    SYSTEM_FIELDS,
    Encrypted,
    Indexed,
    Key,
    Model,
    Private,
    Reference,
    RenamedFrom,
    System,
    Tenant,
    Unique,
    snake_case,
)
from storage.model_rules import mistake, model_mistakes, reference_mistakes, shared_names
from storage.record_type import RecordField, RecordType

__all__ = ["Described", "Misdeclared", "Mistake", "describe", "describe_all", "look_at_all"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Described:
    """Models as they were read, with mistakes or without, and the mistakes."""

    types: Mapping[type[Model], RecordType]
    mistakes: Sequence[Mistake]


def describe(model: type[Model]) -> RecordType:
    """Read one model; raises Misdeclared with every mistake in it."""
    record_type, mistakes = _read(model)
    if mistakes:
        raise Misdeclared(mistakes)
    return record_type


def describe_all(models: Sequence[type[Model]]) -> Mapping[type[Model], RecordType]:
    """Read all models of a service and what ties them together; raises Misdeclared with every mistake."""
    described = look_at_all(models)
    if described.mistakes:
        raise Misdeclared(described.mistakes)
    return described.types


def look_at_all(
    models: Sequence[type[Model]],
    *,
    owned: Collection[type[Model]] = (),
    audited: Collection[type[Model]] = (),
) -> Described:
    """Read all models of a service, and all that is wrong with them.

    The rows of the `owned` ones have owners, writes of the `audited` ones are written down.
    """
    types: dict[type[Model], RecordType] = {}
    mistakes: list[Mistake] = []
    for model in dict.fromkeys(models):
        read, found = _read(model)
        types[model] = replace(read, is_owned=model in owned, is_audited=model in audited)
        mistakes += found
    mistakes += shared_names(types)
    mistakes += reference_mistakes(types)
    return Described(types=types, mistakes=mistakes)


def _read(model: type[Model]) -> tuple[RecordType, list[Mistake]]:
    fields, mistakes = _read_fields(model)
    record_type = RecordType(
        model=model,
        table=model.table_name,
        fields=_in_wire_order(fields),
        uniques=tuple(word for word in model.table_constraints if isinstance(word, Unique)),
        indexes=tuple(word for word in model.table_constraints if isinstance(word, Indexed)),
        renamed_from=model.table_renamed_from,
    )
    return record_type, [*mistakes, *model_mistakes(model, fields)]


def _read_fields(model: type[Model]) -> tuple[list[RecordField], list[Mistake]]:
    if not model.__pydantic_complete__:  # it named a class that was defined after it
        model.model_rebuild(raise_errors=False)
    fields: list[RecordField] = []
    mistakes: list[Mistake] = []
    for name, info in model.model_fields.items():
        shape = read_annotation(info)
        problems = [*field_problems(name, info, shape=shape)]
        if shape.kind == "json":
            problems += nested_problems(info.annotation)
        mistakes += [mistake(model, problem, field_name=name) for problem in problems]
        fields.append(_record_field(name, info, shape=shape))
    return fields, mistakes


def _record_field(name: str, info: FieldInfo, *, shape: Shape) -> RecordField:
    default, has_default = _constant_default(info)
    reference = shape.first(Reference)
    renamed = shape.first(RenamedFrom)
    key = shape.has(Key)
    unique = shape.has(Unique)
    return RecordField(
        name=name,
        kind=shape.kind,
        nullable=shape.nullable,
        required=info.is_required() and not (key and shape.kind == "integer"),
        system=shape.has(System) or shape.has(Tenant),
        key=key,
        tenant=shape.has(Tenant),
        encrypted=shape.has(Encrypted),
        private=shape.has(Private) or shape.has(Encrypted),
        unique=unique,
        indexed=key or unique or shape.has(Indexed) or reference is not None,
        limits=shape.limits,
        default=default,
        has_default=has_default,
        reference=reference,
        expansion=_expansion(name, reference),
        renamed_from=renamed.name if renamed else "",
    )


def _expansion(name: str, reference: Reference | None) -> str:
    if reference is None:
        return ""
    shorter = name.removesuffix("_id")
    return reference.expand_as or (shorter if shorter != name else snake_case(reference.target_name))


def _constant_default(info: FieldInfo) -> tuple[object, bool]:
    if info.default_factory in (list, dict):
        return ([] if info.default_factory is list else {}), True
    if info.default is PydanticUndefined or info.default_factory is not None:
        return None, False
    return to_jsonable_python(info.default, fallback=str), True


def _in_wire_order(fields: Sequence[RecordField]) -> tuple[RecordField, ...]:
    key = [field for field in fields if field.key]
    last = [field for field in fields if field.name in SYSTEM_FIELDS]
    return (*key, *(field for field in fields if field not in key and field not in last), *last)
