"""From a described model to its table's constraints and indexes, each under a name that leads back to its fields."""

from collections.abc import Iterator, Mapping
from typing import TypeVar

from sqlalchemy import (
    CheckConstraint,
    ForeignKeyConstraint,
    Index,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    UniqueConstraint,
    literal_column,
)
from sqlalchemy.schema import Constraint

from storage.record_type import RecordField, RecordType
from storage.scope import OWNER_COLUMN
from storage.tables.checks import checks_of
from storage.tables.constraint_names import NamedRule, constraint_name, digest
from storage.tables.sql_text import quoted_name

Named = TypeVar("Named", bound=Constraint | Index)

REFERENCE = "reference"
"""What the name of a foreign key ends in."""
RULE, RULES = "rule", "rules"
"""Where a constraint's or an index's `info` keeps its NamedRule, and the metadata's those of all tables."""


def constraints_of(record_type: RecordType, by_name: Mapping[str, RecordType]) -> Iterator[Constraint]:
    """The table's key, uniques, checks and references; `by_name` finds the models that are referred to."""
    table, key = record_type.table, (record_type.key.name,)
    rule = NamedRule(rule="key", table=table, fields=key)
    yield _ruled(PrimaryKeyConstraint(*key, name=constraint_name(table, key, ending="key")), rule)
    for fields in _uniques(record_type):
        tenant = "" if record_type.tenant is None else record_type.tenant.name
        rule = NamedRule(rule="unique", table=table, fields=fields, tenant=tenant)
        yield _ruled(UniqueConstraint(*fields, name=constraint_name(table, fields, ending="unique")), rule)
    for field in record_type.fields:
        yield from _checks(record_type, field)
        if field.reference is not None:
            yield _reference(table, field, target=by_name[field.reference.target_name])


def indexes_of(record_type: RecordType) -> Iterator[Index]:
    """The table's indexes; each ends in the key, so that a page sorted by its fields is one scan of it."""
    table, key = record_type.table, record_type.key.name
    for fields in _indexed(record_type):
        rule = NamedRule(rule="index", table=table, fields=fields)
        if [record_type.by_name[name].kind for name in fields if name in record_type.by_name] == ["json"]:
            name = constraint_name(table, fields, ending="contains")
            operators = {fields[0]: "jsonb_path_ops"}
            yield _ruled(Index(name, *fields, postgresql_using="gin", postgresql_ops=operators), rule)
        else:
            last = () if key in fields else (key,)
            yield _ruled(Index(constraint_name(table, fields, ending="index"), *fields, *last), rule)


def constraint_fields(metadata: MetaData) -> Mapping[str, NamedRule]:
    """What stands behind each constraint's and index's name: its table, its fields, its rule.

    Every table asks for those of all, as a write can break a reference of another: they are looked for once.
    """
    if RULES not in metadata.info:
        items = (item for table in metadata.tables.values() for item in named_items(table))
        metadata.info[RULES] = {str(item.name): item.info[RULE] for item in items}
    rules: Mapping[str, NamedRule] = metadata.info[RULES]
    return rules


def named_items(table: Table) -> list[Constraint | Index]:
    """A built table's constraints and indexes, by name."""
    return sorted((*table.constraints, *table.indexes), key=lambda item: str(item.name))


def _ruled(item: Named, rule: NamedRule) -> Named:
    item.info[RULE] = rule
    return item


def _uniques(record_type: RecordType) -> Iterator[tuple[str, ...]]:
    """Within a tenant where there are tenants: else a caller could learn what others have from a conflict."""
    single = [(field.name,) for field in record_type.fields if field.unique and not field.key]
    together = [constraint.fields for constraint in record_type.uniques]
    tenant = () if record_type.tenant is None else (record_type.tenant.name,)
    apart = [fields if set(tenant) <= set(fields) else (*tenant, *fields) for fields in (*single, *together)]
    return (fields for fields in dict.fromkeys(apart) if fields != (record_type.key.name,))


def _indexed(record_type: RecordType) -> Iterator[tuple[str, ...]]:
    behind = {*_uniques(record_type), (record_type.key.name,)}
    single = [(field.name,) for field in record_type.fields if field.indexed or field.tenant]
    if record_type.is_owned:
        single.append((OWNER_COLUMN,))
    together = [constraint.fields for constraint in record_type.indexes]
    return (fields for fields in dict.fromkeys([*single, *together]) if fields not in behind)


def _checks(record_type: RecordType, field: RecordField) -> Iterator[CheckConstraint]:
    table = record_type.table
    for limit, expression in checks_of(record_type, field):
        # The digest tells a changed limit from an equal one; it stands for the condition, not for the column's name.
        name = constraint_name(table, (field.name,), ending=f"{limit}_{digest(expression('?'))}")
        rule = NamedRule(rule="check", table=table, fields=(field.name,), limit=limit)
        yield _ruled(CheckConstraint(literal_column(expression(quoted_name(field.name))), name=name), rule)


def _reference(table: str, field: RecordField, *, target: RecordType) -> ForeignKeyConstraint:
    name = constraint_name(table, (field.name,), ending=REFERENCE)
    constraint = ForeignKeyConstraint(
        [field.name],
        [f"{target.table}.{target.key.name}"],
        name=name,
        deferrable=True,  # a bulk load may put the referring rows first
        initially="IMMEDIATE",
        use_alter=True,  # tables may refer to each other and to themselves: references come after all tables
    )
    rule = NamedRule(rule="reference", table=table, fields=(field.name,), refers_to=target.table)
    return _ruled(constraint, rule)
