"""From a model to what storage knows of it: reads the declaration, reports every mistake at once."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined, to_jsonable_python

from storage.annotations import Shape, read_annotation
from storage.model import SYSTEM_FIELDS, Indexed, Key, Model, Reference, RenamedFrom, System, Unique, snake_case
from storage.record_type import RecordField, RecordType

KEY_KINDS = frozenset({"string", "integer", "uuid"})
_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")
"""What a column may be called: Postgres keeps 63 bytes of a name, and a name in lower case needs no quotes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mistake:
    """One thing wrong with a declaration: `where` in the file's own words, and what to do about it."""

    where: str
    detail: str

    def __str__(self) -> str:
        return f"{self.where}: {self.detail}"


class Misdeclared(Exception):  # noqa: N818 - it says what is wrong
    """A declaration has mistakes."""

    def __init__(self, mistakes: Sequence[Mistake]) -> None:
        super().__init__("\n".join(map(str, mistakes)))
        self.mistakes = tuple(mistakes)


def describe(model: type[Model]) -> RecordType:
    """Read one model; raises Misdeclared with every mistake in it."""
    fields, mistakes = _read_fields(model)
    mistakes += _key_mistakes(model, fields)
    mistakes += _constraint_mistakes(model, {field.name for field in fields})
    if not _NAME.fullmatch(model.table_name):
        mistakes.append(Mistake(where=model.__name__, detail=f"{model.table_name!r} cannot name a table"))
    if mistakes:
        raise Misdeclared(mistakes)
    return RecordType(
        model=model,
        table=model.table_name,
        fields=_in_wire_order(fields),
        uniques=tuple(word for word in model.table_constraints if isinstance(word, Unique)),
        indexes=tuple(word for word in model.table_constraints if isinstance(word, Indexed)),
        renamed_from=model.table_renamed_from,
    )


def describe_all(models: Sequence[type[Model]]) -> Mapping[type[Model], RecordType]:
    """Read all models of a service and what ties them together; raises Misdeclared with every mistake."""
    described: dict[type[Model], RecordType] = {}
    mistakes: list[Mistake] = []
    for model in dict.fromkeys(models):
        try:
            described[model] = describe(model)
        except Misdeclared as misdeclared:
            mistakes += misdeclared.mistakes
    mistakes += _shared_tables(described.values())
    mistakes += _reference_mistakes(models, described)
    if mistakes:
        raise Misdeclared(mistakes)
    return described


def _read_fields(model: type[Model]) -> tuple[list[RecordField], list[Mistake]]:
    fields: list[RecordField] = []
    mistakes: list[Mistake] = []
    for name, info in model.model_fields.items():
        where = f"{model.__name__}.{name}"
        shape = read_annotation(info)
        problems = [*shape.problems, *_naming_problems(name, info, shape)]
        mistakes += [Mistake(where=where, detail=problem) for problem in problems]
        if not problems:
            fields.append(_record_field(name, info, shape))
    return fields, mistakes


def _naming_problems(name: str, info: FieldInfo, shape: Shape) -> Iterator[str]:
    if not _NAME.fullmatch(name):
        yield "a field's name is lower case: letters, digits and _, at most 63 of them"
    if name in SYSTEM_FIELDS and not shape.has(System):
        yield f"{name} is reserved: every record has one already; choose another name"
    if name == "id" and not shape.has(Key):
        yield "id is reserved: mark it with Key() to make it this model's key, or choose another name"
    if info.alias or info.validation_alias or info.serialization_alias:
        yield "aliases are not supported: the field's name is its name on the wire and in the table"
    if shape.kind == "json" and (shape.has(Unique) or shape.has(Reference)):
        yield "a list or object can be neither unique nor a reference"
    if shape.has(Key) and shape.has(Reference):
        yield "a key cannot be a reference as well"


def _record_field(name: str, info: FieldInfo, shape: Shape) -> RecordField:
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
        system=shape.has(System),
        key=key,
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
    return to_jsonable_python(info.default), True


def _in_wire_order(fields: Sequence[RecordField]) -> tuple[RecordField, ...]:
    key = [field for field in fields if field.key]
    last = [field for field in fields if field.name in SYSTEM_FIELDS]
    return (*key, *(field for field in fields if field not in key and field not in last), *last)


def _key_mistakes(model: type[Model], fields: Sequence[RecordField]) -> Iterator[Mistake]:
    keys = [field for field in fields if field.key]
    if len(keys) > 1:
        names = " and ".join(field.name for field in keys)
        yield Mistake(where=model.__name__, detail=f"{names} are both marked Key(); a record has one key")
    for key in keys:
        if key.kind not in KEY_KINDS or key.nullable or key.limits.values:
            yield Mistake(where=f"{model.__name__}.{key.name}", detail="a key is an int, a str or a UUID, never None")


def _constraint_mistakes(model: type[Model], names: set[str]) -> Iterator[Mistake]:
    for constraint in model.table_constraints:
        word = type(constraint).__name__
        if not constraint.fields:
            yield Mistake(where=model.__name__, detail=f"{word}() in constraints names no fields")
        for name in constraint.fields:
            if name not in names:
                yield Mistake(where=model.__name__, detail=f"{word} in constraints names {name!r}, which is no field")


def _shared_tables(described: Any) -> Iterator[Mistake]:
    seen: dict[str, RecordType] = {}
    for record_type in described:
        other = seen.setdefault(record_type.table, record_type)
        if other is not record_type:
            yield Mistake(
                where=record_type.name,
                detail=f"shares the table {record_type.table!r} with {other.name}; give one of them table=",
            )


def _reference_mistakes(
    models: Sequence[type[Model]], described: Mapping[type[Model], RecordType]
) -> Iterator[Mistake]:
    known = {model.__name__: model for model in models}
    for record_type in described.values():
        taken = {field.name for field in record_type.fields}
        for field in record_type.references:
            where = f"{record_type.name}.{field.name}"
            name = field.reference.target_name if field.reference else ""
            if name not in known:
                yield Mistake(where=where, detail=f"refers to {name}, which no resource of this service serves")
            elif (target := described.get(known[name])) and target.key.kind != field.kind:
                yield Mistake(where=where, detail=f"is a {field.kind}, but the key of {name} is a {target.key.kind}")
            if field.expansion in taken:
                yield Mistake(
                    where=where,
                    detail=f"expands as {field.expansion!r}, which is taken; give Reference(expand_as=)",
                )
            taken.add(field.expansion)
