"""What a model may not be as a whole, and what models may not be to each other."""

from collections.abc import Collection, Iterator, Mapping, Sequence

from storage.field_rules import is_name
from storage.mistakes import Mistake, source_of
from storage.model import Indexed, Model, Unique
from storage.record_type import RecordField, RecordType

Types = Mapping[type[Model], RecordType]

KEY_KINDS = frozenset({"string", "integer", "uuid"})


def mistake(model: type[Model], detail: str, *, field_name: str = "") -> Mistake:
    """Something wrong with a model, or with one of its fields."""
    where = f"{model.__name__}.{field_name}" if field_name else model.__name__
    return Mistake(where=where, detail=detail, source=source_of(model, attribute=field_name))


def model_mistakes(model: type[Model], fields: Sequence[RecordField]) -> Iterator[Mistake]:
    """Everything wrong with a model apart from its fields."""
    if not is_name(model.table_name):
        yield mistake(model, f"{model.table_name!r} cannot name a table")
    if model.model_config.get("extra") != "forbid":
        yield mistake(model, "extra has no effect: a record has no properties but its fields; leave it out")
    own = model.__pydantic_decorators__
    for name in own.computed_fields:
        yield mistake(model, "a computed field is not stored, and Postgres renders the records", field_name=name)
    for name in (*own.field_serializers, *own.model_serializers):
        yield mistake(model, "a serializer has no effect: Postgres renders the records", field_name=name)
    yield from _key_mistakes(model, fields)
    yield from _tenant_mistakes(model, fields)
    yield from _constraint_mistakes(model, {field.name: field for field in fields})


def _key_mistakes(model: type[Model], fields: Sequence[RecordField]) -> Iterator[Mistake]:
    keys = [field for field in fields if field.key]
    if len(keys) > 1:
        names = " and ".join(field.name for field in keys)
        yield mistake(model, f"{names} are both marked Key(); a record has one key")
    for key in keys:
        if key.kind not in KEY_KINDS or key.nullable or key.limits.values:
            yield mistake(model, "a key is an int, a str or a UUID, never None", field_name=key.name)


def _tenant_mistakes(model: type[Model], fields: Sequence[RecordField]) -> Iterator[Mistake]:
    tenants = [field.name for field in fields if field.tenant]
    if len(tenants) > 1:
        yield mistake(model, f"{' and '.join(tenants)} are both marked Tenant(); a record belongs to one tenant")
    for key in fields:
        if tenants and key.key and not key.system:
            detail = "records of tenants have keys that Mainstay makes: one that is taken would tell of another's"
            yield mistake(model, f"{detail}; leave out Key()", field_name=key.name)


def _constraint_mistakes(model: type[Model], fields: Mapping[str, RecordField]) -> Iterator[Mistake]:
    for constraint in model.table_constraints:
        yield from (mistake(model, problem) for problem in _constraint_problems(constraint, fields))


def _constraint_problems(constraint: object, fields: Mapping[str, RecordField]) -> Iterator[str]:
    if not isinstance(constraint, Unique | Indexed):
        yield f"constraints holds {constraint!r}, which is neither Unique(…) nor Indexed(…)"
        return
    word = type(constraint).__name__
    if not constraint.fields:
        yield f"{word}() in constraints names no fields"
    if len(set(constraint.fields)) < len(constraint.fields):
        yield f"{word}({', '.join(constraint.fields)}) in constraints names a field twice"
    for name in dict.fromkeys(constraint.fields):
        if name not in fields:
            yield f"{word} in constraints names {name!r}, which is no field"
        elif fields[name].kind == "json":
            yield f"{word} in constraints names {name!r}: a list or object is only indexed alone, by Indexed() on it"


def shared_names(types: Types) -> Iterator[Mistake]:
    """Two models of one name, or of one table."""
    names: dict[str, type[Model]] = {}
    tables: dict[str, RecordType] = {}
    for model, record_type in types.items():
        if names.setdefault(model.__name__, model) is not model:
            yield mistake(model, f"there is another model of this name, at {source_of(names[model.__name__])}")
        other = tables.setdefault(record_type.table, record_type)
        if other is not record_type:
            yield mistake(model, f"shares the table {record_type.table!r} with {other.name}; give one of them table=")


def reference_mistakes(types: Types) -> Iterator[Mistake]:
    """What is wrong with the references between models."""
    by_name = {record_type.name: record_type for record_type in types.values()}
    for model, record_type in types.items():
        taken = {field.name for field in record_type.fields}
        for field in record_type.references:
            for problem in _reference_problems(field, by_name, taken=taken):
                yield mistake(model, problem, field_name=field.name)
            taken.add(field.expansion)


def _reference_problems(
    field: RecordField, by_name: Mapping[str, RecordType], *, taken: Collection[str]
) -> Iterator[str]:
    name = field.reference.target_name if field.reference else ""
    if name not in by_name:
        yield f"refers to {name}, which no resource of this service serves"
    else:
        keys = {key.kind for key in by_name[name].fields if key.key}
        if keys and field.kind not in keys:
            yield f"is of kind {field.kind}, but the key of {name} is of kind {keys.pop()}"
    if field.expansion in taken:
        yield f"expands as {field.expansion!r}, which is taken; give Reference(expand_as=)"
