"""The statements about single records: read, insert, update, delete; each answers with the finished JSON."""

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    ARRAY,
    CTE,
    BigInteger,
    ColumnElement,
    Delete,
    FromClause,
    Select,
    Text,
    Update,
    bindparam,
    cast,
    column,
    delete,
    func,
    literal,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import REGCLASS, insert

from storage.listing import WHOLE, Shape
from storage.postgres.keyed import claim, is_claimed, keeping
from storage.postgres.rendering import Renderer
from storage.postgres.statement import Statement, compiled, of_several
from storage.postgres.trail import Change, changed, entry, named
from storage.scope import Bounds

SHAPES_MAXIMUM = 256
"""How many variants of a statement are kept compiled; a caller's `fields` and `expand` choose among them."""

LOCK_PATIENCE_SECONDS = 0.05
"""How long those who are made together wait for somebody's lock: one of them waits for it, and the others need not."""

NUMBERS_END = 2**62
"""Keys from here on do not move the numbering: a caller who gives the largest key there is would end it."""

KEY = "_record_key"
ETAG = "_record_etag"
"""Parameters of ours; no field's name begins with `_`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteForm:
    """What decides the text of a write besides the fields it sets: the rows it may touch, whether it is keyed, and what
    it shows of the record."""

    bounds: Bounds = ()
    keyed: bool = False
    shown: Shape = WHOLE


PLAIN, KEYED = WriteForm(), WriteForm(keyed=True)


class RecordStatements:
    """Builds one record type's statements, each once.

    All that show a record return one row: JSON text, entity tag, key as text; no row where no record matches. A row of
    one that writes ends in the key of what it wrote, so that a cache knows what to give up.
    The key's parameter is KEY, the expected entity tag's ETAG, the others' the fields' names. A `keyed` write takes
    what `key_parameters` gives too, and returns no row where its answer is kept already or somebody is at it. Every
    write of an audited type takes what `origin_parameters` gives.
    """

    def __init__(self, renderer: Renderer) -> None:
        self._renderer = renderer
        self._table = renderer.table
        self._key = renderer.table.c[renderer.record_type.key.name]
        self._is_audited = renderer.record_type.is_audited
        self.tables_shown = lru_cache(maxsize=SHAPES_MAXIMUM)(renderer.tables_shown)
        self.tables_referred_to = lru_cache(maxsize=SHAPES_MAXIMUM)(renderer.tables_referred_to)
        self.read = lru_cache(maxsize=SHAPES_MAXIMUM)(self._read)
        self.insert = lru_cache(maxsize=SHAPES_MAXIMUM)(self._insert)
        self.update = lru_cache(maxsize=SHAPES_MAXIMUM)(self._update)
        self.delete = lru_cache(maxsize=SHAPES_MAXIMUM)(self._delete)
        self.renumber = lru_cache(maxsize=1)(self._renumber)

    def _read(self, shape: Shape = WHOLE, *, bounds: Bounds = (), locked: bool = False) -> Statement:
        """`locked` keeps the row from changing until the transaction ends."""
        if locked:
            source = select(self._table).where(*self._meant(bounds)).with_for_update()
            return compiled(self._showing(source.cte("_s"), shape, bounds=bounds))
        shown = compiled(self._showing(self._table, shape, bounds=bounds).where(*self._meant(bounds)))
        if shape.expand:
            return shown
        return replace(shown, key=KEY, of_several=None if bounds else of_several(shown))

    def _insert(self, names: tuple[str, ...], form: WriteForm = PLAIN, *, numbered: bool = False) -> Statement:
        """Insert these fields; the rest take their defaults.

        `numbered` leaves it to Postgres to number the record, and returns no row where that number is taken.
        """
        values = self._values(names, form.bounds, anew=True)
        made = insert(self._table).values(values)
        if form.keyed:
            row = select(*values.values()).where(is_claimed(claim()))
            made = insert(self._table).from_select(list(values), row, include_defaults=False)
        if numbered:
            made = made.on_conflict_do_nothing(index_elements=[self._key])
        made_row = made.returning(*self._table.c).cte("_s")
        given = named(self._in_order(names))
        noted = self._entry(made_row, "create", fields=given) if self._is_audited else None
        one = self._written(made_row, form, noted=noted)
        if noted is not None or form.keyed or form.bounds or numbered or not self._is_made_with_key(names):
            return one
        return replace(one, key=self._key.name, of_several=self._insert_several(names, form))

    def _is_made_with_key(self, names: tuple[str, ...]) -> bool:
        """Whether what is made is known by its key, which Postgres writes just as it was given."""
        return self._key.name in names and self._renderer.record_type.key.kind == "uuid"

    def _insert_several(self, names: tuple[str, ...], form: WriteForm) -> Statement:
        """Insert these fields of several records, each an array: rows of those whose place nobody has taken.

        Of whoever waits with others for a lock nobody waits for long.
        """
        columns = [self._table.c[name] for name in names]
        arrays = [select(bindparam(one.name, type_=ARRAY(one.type))).scalar_subquery() for one in columns]
        given = func.unnest(*arrays).table_valued(*[column(one.name, one.type) for one in columns])
        rows = select(*given.render_derived(name="_given").c)
        made = insert(self._table).from_select(list(names), rows, include_defaults=False).on_conflict_do_nothing()
        several = self._written(made.returning(*self._table.c).cte("_s"), form, noted=None)
        return replace(several, lock_patience_seconds=LOCK_PATIENCE_SECONDS)

    def _update(self, names: tuple[str, ...], form: WriteForm = PLAIN, *, matched: bool = False) -> Statement:
        """Set these fields, raise the version; `matched` only where the entity tag is still the expected one."""
        values = self._values(names, form.bounds, anew=False)
        values |= {"version": self._table.c.version + literal(1, BigInteger), "updated_at": func.now()}
        change: Update = update(self._table).where(*self._meant(form.bounds)).values(values)
        before = self._before(names, form.bounds) if self._is_audited else None
        if before is not None:
            change = change.where(self._key == before.c[self._key.name])
        if matched:
            change = change.where(self._etag_matches())
        if form.keyed:
            change = change.where(is_claimed(claim()))
        row = change.returning(*self._table.c).cte("_s")
        noted = (
            None
            if before is None
            else self._entry(row, "update", fields=changed(self._in_order(names), before=before, after=row))
        )
        return self._written(row, form, noted=noted)

    def _in_order(self, names: tuple[str, ...]) -> list[str]:
        """Those of the fields that are not the key, as they are declared."""
        fields = self._renderer.record_type.fields
        return [field.name for field in fields if field.name in names and not field.key]

    def _before(self, names: tuple[str, ...], bounds: Bounds) -> CTE:
        """What these fields hold, which nobody else changes until the statement is done."""
        columns = [self._key, *(self._table.c[name] for name in names if name != self._key.name)]
        return select(*columns).where(*self._meant(bounds)).with_for_update(key_share=True).cte("_before")

    def _delete(self, *, bounds: Bounds = (), matched: bool = False) -> Statement:
        """Delete the record; one row (its key) if there was one."""
        removal: Delete = delete(self._table).where(*self._meant(bounds))
        if matched:
            removal = removal.where(self._etag_matches())
        if not self._is_audited:
            return replace(compiled(removal.returning(cast(self._key, Text))), returns_keys=True)
        row = removal.returning(self._key, self._table.c.version).cte("_s")
        noted = self._entry(row, "delete", fields=named(()))
        return replace(compiled(select(cast(row.c[self._key.name], Text)).add_cte(noted)), returns_keys=True)

    def _entry(self, row: CTE, action: Change, *, fields: ColumnElement[object]) -> CTE:
        return entry(row, self._renderer.record_type, action=action, fields=fields)

    def _values(self, names: tuple[str, ...], bounds: Bounds, *, anew: bool) -> dict[str, ColumnElement[Any]]:
        """What a write sets these columns to."""
        return {name: self._renderer.written(name, bounds, anew=anew) for name in names}

    def _written(self, row: FromClause, form: WriteForm, *, noted: CTE | None) -> Statement:
        """Show the row a write touched, keep what is shown where that is asked, and write it down in the trail."""
        query = self._showing(row, form.shown)
        if form.keyed:
            shown = query.cte("_shown")
            query = keeping(shown, select(shown.c.document, shown.c.etag, shown.c.record_key))
        if noted is not None:
            query = query.add_cte(noted)
        return replace(compiled(query, writes=True, finds_itself=form.keyed), returns_keys=True)

    def _showing(self, row: FromClause, shape: Shape, *, bounds: Bounds = ()) -> Select[Any]:
        document, source = self._renderer.json_of(row, shape, bounds=bounds)
        columns = (
            document.label("document"),
            self._renderer.etag_of(row).label("etag"),
            self._renderer.key_of(row).label("record_key"),
        )
        return select(*columns).select_from(row.join(source, literal(True)))

    def _meant(self, bounds: Bounds) -> list[ColumnElement[bool]]:
        """The conditions for the row that has the key, if it is one the caller may touch."""
        return [self._key == bindparam(KEY, type_=self._key.type), *self._renderer.within(self._table, bounds)]

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
