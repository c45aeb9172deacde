"""The statements about single records: read, insert, update, delete; each answers with the finished JSON."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    Delete,
    FromClause,
    Insert,
    Text,
    Update,
    bindparam,
    cast,
    delete,
    func,
    insert,
    literal,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import REGCLASS

from storage.listing import WHOLE, Shape
from storage.postgres.rendering import Renderer
from storage.postgres.statement import Statement, compiled

SHAPES_MAXIMUM = 256
"""How many variants of a statement are kept compiled; a caller's `fields` and `expand` choose among them."""

KEY = "record_key"
ETAG = "record_etag"


class RecordStatements:
    """Builds one record type's statements, each once.

    Every statement but `delete` returns one row: JSON text, entity tag, key as text; no row where no record matches.
    The key's parameter is `record_key`, the expected entity tag's `record_etag`, the others' the fields' names.
    """

    def __init__(self, renderer: Renderer) -> None:
        self._renderer = renderer
        self._table = renderer.table
        self._key = renderer.table.c[renderer.record_type.key.name]
        self.read = lru_cache(maxsize=SHAPES_MAXIMUM)(self._read)
        self.insert = lru_cache(maxsize=SHAPES_MAXIMUM)(self._insert)
        self.update = lru_cache(maxsize=SHAPES_MAXIMUM)(self._update)
        self.delete = lru_cache(maxsize=2)(self._delete)

    def _read(self, shape: Shape = WHOLE, *, locked: bool = False) -> Statement:
        """`locked` keeps the row from changing until the transaction ends."""
        source = select(self._table).where(self._key == self._key_parameter())
        if locked:
            source = source.with_for_update()
            return self._shown(source.cte("s"), shape)
        return self._shown(self._table, shape, only_key=True)

    def _insert(self, names: tuple[str, ...]) -> Statement:
        """Insert these fields; the rest take their defaults."""
        values = {name: bindparam(name, type_=self._table.c[name].type) for name in names}
        made: Insert = insert(self._table).values(values) if values else insert(self._table)
        key_name = self._renderer.record_type.key.name
        numbered = key_name in names and self._renderer.record_type.key.kind == "integer"
        extra = [self._sequence_moved(values[key_name])] if numbered else []
        return self._shown(made.returning(*self._table.c).cte("s"), WHOLE, extra=extra)

    def _update(self, names: tuple[str, ...], *, matched: bool = False) -> Statement:
        """Set these fields, raise the version; `matched` only where the entity tag is still the expected one."""
        values: dict[str, Any] = {name: bindparam(name, type_=self._table.c[name].type) for name in names}
        values |= {"version": self._table.c.version + literal(1, BigInteger), "updated_at": func.now()}
        change: Update = update(self._table).where(self._key == self._key_parameter()).values(values)
        if matched:
            change = change.where(self._etag_matches())
        return self._shown(change.returning(*self._table.c).cte("s"), WHOLE)

    def _delete(self, *, matched: bool = False) -> Statement:
        """Delete the record; one row (its key) if there was one."""
        removal: Delete = delete(self._table).where(self._key == self._key_parameter())
        if matched:
            removal = removal.where(self._etag_matches())
        return compiled(removal.returning(cast(self._key, Text)))

    def _shown(self, row: FromClause, shape: Shape, *, only_key: bool = False, extra: Sequence[Any] = ()) -> Statement:
        document, source = self._renderer.json_of(row, shape)
        query = select(document, self._renderer.etag_of(row), self._renderer.key_of(row), *extra)
        query = query.select_from(row.join(source, literal(True)))
        if only_key:
            query = query.where(self._key == self._key_parameter())
        return compiled(query)

    def _key_parameter(self) -> Any:
        return bindparam(KEY, type_=self._key.type)

    def _etag_matches(self) -> Any:
        return self._renderer.etag_of(self._table) == bindparam(ETAG, type_=Text())

    def _sequence_moved(self, given: Any) -> Any:
        """A key given by the caller moves the identity sequence past it, so that the next number is free."""
        quoted = f'"{self._table.name}"'
        sequence = cast(func.pg_get_serial_sequence(literal(quoted, Text), literal(self._key.name, Text)), REGCLASS)
        last = func.coalesce(func.pg_sequence_last_value(sequence), 1)
        return func.setval(sequence, func.greatest(given, last))
