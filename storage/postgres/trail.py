"""The SQL that writes a change down in the change's own statement, so that there are both or neither.

    _before: the record as it was, locked  ▸  _s: the write, only then  ▸  _trail: an entry for each row it wrote

Without the lock, what a statement saw when it began may be older than what it then changes, and the names of the fields
that changed would be wrong.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Literal

from sqlalchemy import (
    CTE,
    ColumnElement,
    FromClause,
    Text,
    bindparam,
    case,
    cast,
    column,
    func,
    insert,
    literal,
    null,
    select,
    table,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, array

from storage.origin import Origin
from storage.postgres.statement import Parameter
from storage.record_type import RecordType

Change = Literal["create", "update", "delete", "erase"]

ENTRIES = "audit_entry"
_PREFIX = "_by_"
"""No field's name begins with `_`."""
_ABOUT = ("action", "record_type", "record_key", "record_version", "fields")
_FROM = ("subject", "tenant", "credential_id", "address", "request_id", "operation")
_TABLE = table(ENTRIES, *(column(name) for name in (*_ABOUT, *_FROM)), schema="mainstay_internal")


def origin_parameters(origin: Origin) -> Mapping[str, Parameter]:
    """The values of the parameters that every statement with an entry has."""
    return {f"{_PREFIX}{name}": value for name, value in asdict(origin).items()}


def entry(rows: FromClause, record_type: RecordType, *, action: Change, fields: ColumnElement[object]) -> CTE:
    """The part of a statement that writes down each of these rows (key, version): what was done to which fields."""
    noted = select(
        literal(action, Text()),
        literal(record_type.name, Text()),
        cast(rows.c[record_type.key.name], Text),
        rows.c.version,
        fields,
        *(bindparam(f"{_PREFIX}{name}", type_=Text()) for name in _FROM),
    )
    return insert(_TABLE).from_select([*_ABOUT, *_FROM], noted).cte("_trail")


def named(names: Sequence[str]) -> ColumnElement[object]:
    """These fields, those of ours left out."""
    return cast(literal(json.dumps([name for name in names if not name.startswith("_")]), Text()), JSONB())


def changed(names: Sequence[str], *, before: FromClause, after: FromClause) -> ColumnElement[object]:
    """Those of the fields whose values differ in two rows; there must be one of each."""
    differing = [case((before.c[name].is_distinct_from(after.c[name]), literal(name, Text()))) for name in names]
    return func.to_jsonb(func.array_remove(cast(array(differing, type_=Text()), ARRAY(Text())), null()))
