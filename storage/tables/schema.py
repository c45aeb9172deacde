"""From described models to SQLAlchemy tables: what the statements are written against and the migrations aim at."""

from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any

from sqlalchemy import Column, FetchedValue, Identity, MetaData, Table, literal_column
from sqlalchemy.dialects.postgresql import (
    BIGINT,
    BOOLEAN,
    DATE,
    DOUBLE_PRECISION,
    JSONB,
    NUMERIC,
    TEXT,
    TIMESTAMP,
    UUID,
)
from sqlalchemy.schema import AddConstraint, CreateIndex, CreateTable
from sqlalchemy.sql.elements import ColumnElement
from sqlalchemy.types import TypeEngine

from storage.model import Model
from storage.record_type import Kind, RecordField, RecordType
from storage.scope import OWNER_COLUMN
from storage.tables.constraints import constraint_fields, constraints_of, indexes_of
from storage.tables.sql_literals import NEUTRAL_VALUES, default, empty_json
from storage.tables.sql_text import definition

__all__ = ["constraint_fields", "fingerprint", "tables"]

RENAMED_FROM = "renamed_from"
"""Where a table's or a column's `info` keeps the name it bore before; empty where it never had another."""
NEUTRAL = "neutral"
"""Where a column's `info` keeps, as SQL, what could stand in rows that have no value yet; empty where nothing could."""
PRIVATE = "private"
"""In the `info` of a column whose values are never repeated."""
_NOW_FIELDS = ("created_at", "updated_at")
_FIRST_VERSION = "1"
_TYPES: Mapping[Kind, TypeEngine[Any]] = {
    "string": TEXT(),
    "integer": BIGINT(),
    "decimal": NUMERIC(),
    "float": DOUBLE_PRECISION(),
    "boolean": BOOLEAN(),
    "datetime": TIMESTAMP(timezone=True),
    "date": DATE(),
    "uuid": UUID(),
    "json": JSONB(none_as_null=True),
}


def tables(record_types: Mapping[type[Model], RecordType] | Sequence[RecordType]) -> MetaData:
    """Build one table for each record type; find it as `metadata.tables[record_type.table]`."""
    described = tuple(record_types.values()) if isinstance(record_types, Mapping) else tuple(record_types)
    by_name = {record_type.name: record_type for record_type in described}
    metadata = MetaData()
    for record_type in described:
        columns = [_column(record_type, field) for field in record_type.fields]
        if record_type.is_owned:
            columns.append(Column(OWNER_COLUMN, TEXT(), nullable=True, info={RENAMED_FROM: "", NEUTRAL: ""}))
        items = (*columns, *constraints_of(record_type, by_name), *indexes_of(record_type))
        Table(record_type.table, metadata, *items, info={RENAMED_FROM: record_type.renamed_from})
    return metadata


def fingerprint(metadata: MetaData) -> str:
    """A digest of everything the tables are made of: equal for equal declarations. A few milliseconds."""
    parts: list[str] = []
    for name in sorted(metadata.tables):
        table = metadata.tables[name]
        parts.append(definition(CreateTable(table)))
        parts += sorted(definition(CreateIndex(index)) for index in table.indexes)
        parts += sorted(definition(AddConstraint(reference)) for reference in table.foreign_key_constraints)
    return sha256("\n".join(parts).encode()).hexdigest()


def _column(record_type: RecordType, field: RecordField) -> Column[Any]:
    info: dict[str, object] = {RENAMED_FROM: field.renamed_from, NEUTRAL: _neutral(record_type, field)}
    info |= {PRIVATE: True} if field.private else {}
    if field.key and field.kind == "integer":
        return Column(field.name, BIGINT(), Identity(always=False), nullable=False, info=info)
    return Column(field.name, _type(field), nullable=field.nullable, server_default=_server_default(field), info=info)


def _neutral(record_type: RecordType, field: RecordField) -> str:
    if field.reference is not None or field.unique or field.encrypted:
        return ""
    if field.kind == "json":
        return empty_json(record_type.model.model_fields[field.name].annotation)
    return NEUTRAL_VALUES[field.kind]


def _type(field: RecordField) -> TypeEngine[Any]:
    digits, places = field.limits.max_digits, field.limits.decimal_places
    if field.kind == "decimal" and digits is not None and places is not None:
        return NUMERIC(digits, places)
    return _TYPES[field.kind]


def _server_default(field: RecordField) -> ColumnElement[Any] | FetchedValue | None:
    if field.system and field.name == "version":
        return literal_column(_FIRST_VERSION)
    if field.system and field.name in _NOW_FIELDS:
        return literal_column("now()")
    if field.has_default and field.default is not None and not field.key and not field.encrypted:
        return literal_column(default(field.kind, field.default))
    return None
