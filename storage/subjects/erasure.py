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
    select,
    update,
)

from storage.annotations import read_annotation
from storage.model import SYSTEM_FIELDS, Private
from storage.postgres.statement import Statement, compiled
from storage.postgres.trail import entry, named
from storage.record_type import RecordField, RecordType
from storage.scope import OWNER_COLUMN
from storage.tables.sql_literals import default

KEY_PLACE = "{key}"


def erasure(record_type: RecordType, table: Table) -> Statement:
    """Put something else in place of what is private in the rows an owner (OWNER_COLUMN) made, and make them nobody's.

    It answers with a row for each, its key; of an audited type it takes what `origin_parameters` gives. The rows stay:
    others refer to them, and what is not private in them is not the person's.
    """
    values = {field.name: _instead(record_type, field, table=table) for field in record_type.fields if field.private}
    values |= {
        OWNER_COLUMN: null(),
        "version": table.c.version + literal(1, BigInteger),
        "updated_at": func.now(),
    }
    whose = table.c[OWNER_COLUMN] == bindparam(OWNER_COLUMN, type_=Text())
    key = _key(record_type, table)
    erased = update(table).where(whose).values(values)
    if not record_type.is_audited:
        return compiled(erased.returning(cast(key, Text)))
    rows = erased.returning(key, table.c.version).cte("_s")
    noted = entry(rows, record_type, action="erase", fields=named(sorted(values.keys() - SYSTEM_FIELDS)))
    return compiled(select(cast(rows.c[key.name], Text)).add_cte(noted))


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
