"""The SQL that makes Postgres render a record: its JSON text, its entity tag, its key."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    FromClause,
    Label,
    MetaData,
    Table,
    Text,
    alias,
    bindparam,
    case,
    cast,
    func,
    literal_column,
    null,
    select,
)

from storage.listing import Shape
from storage.record_type import RecordField, RecordType
from storage.scope import Bounds, bound_parameter
from storage.tables.constraint_names import constraint_name
from storage.tables.constraints import REFERENCE
from storage.tables.sql_literals import quoted
from storage.wire import rendered_by_postgres

MICROSECONDS = 1_000_000


class Renderer:
    """Renders one record type; knows its table and those its references point at."""

    def __init__(self, record_type: RecordType, *, types: Mapping[str, RecordType], metadata: MetaData) -> None:
        self.record_type = record_type
        self.table: Table = metadata.tables[record_type.table]
        self._types = types
        self._metadata = metadata

    def json_of(
        self, row: FromClause, shape: Shape, *, bounds: Bounds = (), name: str = "_r"
    ) -> tuple[ColumnElement[Any], FromClause]:
        """The JSON text of `row` and the lateral subquery it reads, to be joined after `row`.

        A record that is expanded is null where the bounds leave it out. Such names of ours begin with `_`, as no
        field's does: `row_to_json(r)` would take a field `r` for the row.
        """
        columns = [*self._fields(row, shape.fields), *self._expansions(row, shape, bounds=bounds)]
        rendered = select(*columns).correlate(row).lateral(name)
        return cast(func.row_to_json(literal_column(name)), Text), rendered

    def etag_of(self, row: FromClause) -> ColumnElement[Any]:
        """`version.creation`: a key deleted and made again never repeats a tag."""
        created = func.to_hex((func.extract("epoch", row.c.created_at) * MICROSECONDS).cast(BigInteger))
        return cast(row.c.version, Text).concat(".").concat(created)

    def key_of(self, row: FromClause) -> ColumnElement[Any]:
        """The key as text."""
        return cast(row.c[self.record_type.key.name], Text)

    def within(self, row: FromClause, bounds: Bounds) -> Iterator[ColumnElement[bool]]:
        """The conditions under which a row of this table is one the caller may touch."""
        return _within(self.record_type.table, row, bounds=bounds)

    def written(self, name: str, bounds: Bounds, *, anew: bool) -> ColumnElement[Any]:
        """The value a column is written with: its parameter, and for a reference only if its row is within the bounds.

        What is out of bounds is refused by Postgres as what does not exist is, so nobody can tell the two apart. But a
        record that is not `anew` may go on referring to what it does, whoever writes the rest of it.
        """
        column = self.table.c[name]
        value: ColumnElement[Any] = bindparam(name, type_=column.type)
        field = self.record_type.by_name.get(name)
        if field is None or field.reference is None:
            return value
        target = self._target(field)
        other = alias(self._metadata.tables[target.table], "_t")
        within = [*_within(target.table, other, bounds=bounds)]
        if not within:
            return value
        key = other.c[target.key.name]
        found = select(key).where(key == value, *within).scalar_subquery()
        name = constraint_name(self.table.name, (field.name,), ending=REFERENCE)
        refused = func.mainstay_internal.no_such_row(
            literal_column(quoted(name)), literal_column(quoted(self.table.name))
        )
        stays = [] if anew else [(value == column, column)]
        return case((value.is_(None), null()), *stays, else_=func.coalesce(found, cast(refused, column.type)))

    def tables_shown(self, expand: tuple[str, ...]) -> tuple[str, ...]:
        """The tables a record shows rows of: its own, and those of the references expanded."""
        return self._tables(field for field in self.record_type.references if field.expansion in expand)

    def tables_referred_to(self, names: tuple[str, ...]) -> tuple[str, ...]:
        """The tables a record lies in when these of its fields are written: its own, and those they refer to."""
        return self._tables(field for field in self.record_type.references if field.name in names)

    def _tables(self, references: Iterable[RecordField]) -> tuple[str, ...]:
        return tuple(dict.fromkeys((self.record_type.table, *(self._target(field).table for field in references))))

    def _fields(self, row: FromClause, names: Sequence[str]) -> list[Label[Any]]:
        wanted = self.record_type.fields
        if names:
            wanted = tuple(field for field in wanted if field.name in names)
        return [_labelled(row, field) for field in wanted]

    def _expansions(self, row: FromClause, shape: Shape, *, bounds: Bounds) -> list[Label[Any]]:
        return [
            self._expansion(row, field, shape=shape, bounds=bounds)
            for field in self.record_type.references
            if field.expansion in shape.expand
        ]

    def _target(self, field: RecordField) -> RecordType:
        if field.reference is None:
            raise TypeError(f"{field.name} is no reference")
        return self._types[field.reference.target_name]

    def _expansion(self, row: FromClause, field: RecordField, *, shape: Shape, bounds: Bounds) -> Label[Any]:
        target, place = self._target(field), self.record_type.references.index(field)
        other = alias(self._metadata.tables[target.table], f"_x{place}")
        names = [inner for inner in target.fields if f"{field.expansion}.{inner.name}" not in shape.hidden]
        shown = select(*(_labelled(other, inner) for inner in names))
        shown = shown.where(other.c[target.key.name] == row.c[field.name], *_within(target.table, other, bounds=bounds))
        name = f"_j{place}"
        document = select(func.row_to_json(literal_column(f'"{name}"'))).select_from(
            shown.correlate(row).subquery(name)
        )
        return document.correlate(row).scalar_subquery().label(field.expansion)


def _labelled(row: FromClause, field: RecordField) -> Label[Any]:
    return rendered_by_postgres(field.kind, row.c[field.name]).label(field.name)


def _within(table: str, row: FromClause, *, bounds: Bounds) -> Iterator[ColumnElement[bool]]:
    for bounded, column in bounds:
        if bounded == table:
            yield row.c[column] == bindparam(bound_parameter(table, column), type_=row.c[column].type)
