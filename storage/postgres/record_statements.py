"""The statements about single records: read, insert, update, delete; each answers with the finished JSON."""

from functools import lru_cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    Delete,
    FromClause,
    Text,
    Update,
    bindparam,
    cast,
    delete,
    func,
    literal,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import REGCLASS, insert

from storage.listing import WHOLE, Shape
from storage.postgres.rendering import Renderer
from storage.postgres.statement import Statement, compiled

SHAPES_MAXIMUM = 256
"""How many variants of a statement are kept compiled; a caller's `fields` and `expand` choose among them."""

NUMBERS_END = 2**62
"""Keys from here on do not move the numbering: a caller who gives the largest key there is would end it."""

KEY = "record_key"
ETAG = "record_etag"


class RecordStatements:
    """Builds one record type's statements, each once.

    All that show a record return one row: JSON text, entity tag, key as text; no row where no record matches.
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
        self.renumber = lru_cache(maxsize=1)(self._renumber)

    def _read(self, shape: Shape = WHOLE, *, locked: bool = False) -> Statement:
        """`locked` keeps the row from changing until the transaction ends."""
        source = select(self._table).where(self._key == self._key_parameter())
        if locked:
            source = source.with_for_update()
            return self._shown(source.cte("_s"), shape)
        return self._shown(self._table, shape, only_key=True)

    def _insert(self, names: tuple[str, ...], *, numbered: bool = False) -> Statement:
        """Insert these fields; the rest take their defaults.

        `numbered` leaves it to Postgres to number the record, and returns no row where that number is taken.
        """
        made = insert(self._table).values({name: bindparam(name, type_=self._table.c[name].type) for name in names})
        if numbered:
            made = made.on_conflict_do_nothing(index_elements=[self._key])
        return self._shown(made.returning(*self._table.c).cte("_s"), WHOLE)

    def _update(self, names: tuple[str, ...], *, matched: bool = False) -> Statement:
        """Set these fields, raise the version; `matched` only where the entity tag is still the expected one."""
        values: dict[str, Any] = {name: bindparam(name, type_=self._table.c[name].type) for name in names}
        values |= {"version": self._table.c.version + literal(1, BigInteger), "updated_at": func.now()}
        change: Update = update(self._table).where(self._key == self._key_parameter()).values(values)
        if matched:
            change = change.where(self._etag_matches())
        return self._shown(change.returning(*self._table.c).cte("_s"), WHOLE)

    def _delete(self, *, matched: bool = False) -> Statement:
        """Delete the record; one row (its key) if there was one."""
        removal: Delete = delete(self._table).where(self._key == self._key_parameter())
        if matched:
            removal = removal.where(self._etag_matches())
        return compiled(removal.returning(cast(self._key, Text)))

    def _shown(self, row: FromClause, shape: Shape, *, only_key: bool = False) -> Statement:
        document, source = self._renderer.json_of(row, shape)
        query = select(document, self._renderer.etag_of(row), self._renderer.key_of(row))
        query = query.select_from(row.join(source, literal(True)))
        if only_key:
            query = query.where(self._key == self._key_parameter())
        return compiled(query)

    def _key_parameter(self) -> Any:
        return bindparam(KEY, type_=self._key.type)

    def _etag_matches(self) -> Any:
        return self._renderer.etag_of(self._table) == bindparam(ETAG, type_=Text())

    def _renumber(self) -> Statement:
        """Let the next number be one past the largest key, unless it is that already; never back."""
        quoted = f'"{self._table.name}"'
        sequence = cast(func.pg_get_serial_sequence(literal(quoted, Text), literal(self._key.name, Text)), REGCLASS)
        largest = select(func.max(self._key)).where(self._key < literal(NUMBERS_END, BigInteger)).scalar_subquery()
        place = select(largest.label("largest"), sequence.label("numbers")).subquery("_p")
        behind = place.c.largest > func.coalesce(func.pg_sequence_last_value(place.c.numbers), 0)
        return compiled(select(func.setval(place.c.numbers, place.c.largest)).where(behind), writes=True)
