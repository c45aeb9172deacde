"""The SQL that makes Postgres render a record: its JSON text, its entity tag, its key."""

from collections.abc import Mapping, Sequence
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
    cast,
    func,
    literal_column,
    select,
)

from storage.listing import Shape
from storage.record_type import RecordField, RecordType
from storage.wire import rendered_by_postgres

MICROSECONDS = 1_000_000


class Renderer:
    """Renders one record type; knows its table and those its references point at."""

    def __init__(self, record_type: RecordType, *, types: Mapping[str, RecordType], metadata: MetaData) -> None:
        self.record_type = record_type
        self.table: Table = metadata.tables[record_type.table]
        self._types = types
        self._metadata = metadata

    def json_of(self, row: FromClause, shape: Shape, *, name: str = "_r") -> tuple[ColumnElement[Any], FromClause]:
        """The JSON text of `row` and the lateral subquery it reads, to be joined after `row`.

        Such names of ours begin with `_`, as no field's does: `row_to_json(r)` would take a field `r` for the row.
        """
        columns = [*self._fields(row, shape.fields), *self._expansions(row, shape.expand)]
        rendered = select(*columns).correlate(row).lateral(name)
        return cast(func.row_to_json(literal_column(name)), Text), rendered

    def etag_of(self, row: FromClause) -> ColumnElement[Any]:
        """`version.creation`: a key deleted and made again never repeats a tag."""
        created = func.to_hex((func.extract("epoch", row.c.created_at) * MICROSECONDS).cast(BigInteger))
        return cast(row.c.version, Text).concat(".").concat(created)

    def key_of(self, row: FromClause) -> ColumnElement[Any]:
        """The key as text."""
        return cast(row.c[self.record_type.key.name], Text)

    def _fields(self, row: FromClause, names: Sequence[str]) -> list[Label[Any]]:
        wanted = self.record_type.fields
        if names:
            wanted = tuple(field for field in wanted if field.name in names)
        return [_labelled(row, field) for field in wanted]

    def _expansions(self, row: FromClause, names: Sequence[str]) -> list[Label[Any]]:
        references = enumerate(self.record_type.references)
        return [self._expansion(row, field, place=place) for place, field in references if field.expansion in names]

    def _expansion(self, row: FromClause, field: RecordField, *, place: int) -> Label[Any]:
        if field.reference is None:
            raise TypeError(f"{field.name} is no reference")
        target = self._types[field.reference.target_name]
        other = alias(self._metadata.tables[target.table], f"_x{place}")
        shown = select(*(_labelled(other, inner) for inner in target.fields))
        shown = shown.where(other.c[target.key.name] == row.c[field.name])
        name = f"_j{place}"
        document = select(func.row_to_json(literal_column(f'"{name}"'))).select_from(
            shown.correlate(row).subquery(name)
        )
        return document.correlate(row).scalar_subquery().label(field.expansion)


def _labelled(row: FromClause, field: RecordField) -> Label[Any]:
    return rendered_by_postgres(field.kind, row.c[field.name]).label(field.name)
