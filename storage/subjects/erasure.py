"""The statement that erases a person's data from one table."""

from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Table,
    Text,
    bindparam,
    cast,
    func,
    literal,
    literal_column,
    null,
    update,
)

from storage.annotations import read_annotation
from storage.model import Private
from storage.postgres.statement import Statement, compiled
from storage.record_type import RecordField, RecordType
from storage.scope import OWNER_COLUMN
from storage.tables.sql_literals import default

KEY_PLACE = "{key}"


def erasure(record_type: RecordType, table: Table) -> Statement:
    """Put something else in place of what is private in the rows an owner (OWNER_COLUMN) made, and make them nobody's.

    It answers with a row for each, its key. The rows stay: others refer to them, and what is not private in them is
    not the person's.
    """
    values = {field.name: _instead(record_type, field, table=table) for field in record_type.fields if field.private}
    values |= {
        OWNER_COLUMN: null(),
        "version": table.c.version + literal(1, BigInteger),
        "updated_at": func.now(),
    }
    whose = table.c[OWNER_COLUMN] == bindparam(OWNER_COLUMN, type_=Text())
    return compiled(update(table).where(whose).values(values).returning(cast(_key(record_type, table), Text)))


def _instead(record_type: RecordType, field: RecordField, *, table: Table) -> ColumnElement[Any]:
    marker = read_annotation(record_type.model.model_fields[field.name]).first(Private)
    if marker is not None and marker.erased is not None:
        key = cast(_key(record_type, table), Text)
        return func.replace(literal(marker.erased), literal(KEY_PLACE), key)
    if field.has_default and field.default is not None:
        return literal_column(default(field.kind, field.default))
    return null()


def _key(record_type: RecordType, table: Table) -> ColumnElement[Any]:
    return table.c[record_type.key.name]
