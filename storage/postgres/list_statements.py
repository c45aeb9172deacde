"""The statement behind a list: filters, keyset, page and its JSON in one round trip."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Integer,
    Select,
    Table,
    Text,
    and_,
    any_,
    bindparam,
    cast,
    false,
    func,
    literal,
    literal_column,
    or_,
    select,
    tuple_,
)

from storage.listing import Listing, Operator, Shape
from storage.postgres.rendering import Renderer
from storage.postgres.statement import Parameter, Statement, compiled
from storage.scope import EVERYTHING, Bounds, Scope

QUESTIONS_MAXIMUM = 512
"""How many differently shaped questions are kept compiled; values do not matter, only their shape does."""

ROOMS = (20, 50, 100, 200)
"""The LIMITs there are. A constant, since Postgres takes an open one for a tenth of the table: then no plan it could
keep looks good to it, and it plans each list anew, which takes longer than the list itself (320 µs against 150 for
20 rows of 20,000)."""

LIMIT = "page_limit"
ROW = "_row"
"""The place of a row in its page; no field begins with `_`."""


@dataclass(frozen=True, slots=True)
class _Condition:
    name: str
    operator: Operator
    negated: bool


@dataclass(frozen=True, slots=True)
class _Question:
    """A listing without its values: what decides the statement's text."""

    filters: tuple[_Condition, ...]
    order: tuple[tuple[str, bool], ...]
    after: tuple[bool, ...]
    """For each sort value of the last record: whether it is there (True) or null."""
    shape: Shape
    count: bool
    room: int
    """How many rows it fetches, besides the one that tells of more: the limit or a little more."""
    bounds: Bounds


class ListStatements:
    """Builds one record type's list statements, each shape once.

    A statement returns one row: the items' JSON joined by commas (null where there are none), how many rows it
    found (more than the limit where more follow), the last item's sort values as a JSON array of texts, and the
    exact total where asked.
    """

    def __init__(self, renderer: Renderer) -> None:
        self._renderer = renderer
        self._table = renderer.table
        self._compiled = lru_cache(maxsize=QUESTIONS_MAXIMUM)(self._compile)
        self._seen: dict[int, tuple[Listing, tuple[Statement, tuple[Parameter, ...]]]] = {}

    def statement(self, listing: Listing, scope: Scope = EVERYTHING) -> tuple[Statement, tuple[Parameter, ...]]:
        """The statement for `listing` and its parameters in order; only rows in scope are listed, counted and shown.

        A listing that is asked for again is known by being the same object, without comparing: 0.1 µs instead of 3.4.
        """
        if scope.bounds:
            return self._made(listing, scope)
        seen = self._seen.get(id(listing))
        if seen is not None:  # it is held there, so that no other can have its id
            return seen[1]
        if len(self._seen) >= QUESTIONS_MAXIMUM:
            self._seen.clear()
        made = self._made(listing, scope)
        self._seen[id(listing)] = (listing, made)
        return made

    def _made(self, listing: Listing, scope: Scope) -> tuple[Statement, tuple[Parameter, ...]]:
        bounds = scope.bounds_of(self._renderer.tables_shown(listing.shape.expand))
        question = _Question(
            filters=tuple(_Condition(one.field.name, one.operator, one.negated) for one in listing.filters),
            order=tuple((one.field.name, one.descending) for one in listing.order),
            after=tuple(value is not None for value in listing.after),
            shape=listing.shape,
            count=listing.count,
            room=next((room for room in ROOMS if listing.limit <= room), listing.limit),
            bounds=bounds,
        )
        statement = self._compiled(question)
        return statement, statement.bind(_values(listing) | scope.values_of(bounds))

    def _compile(self, question: _Question) -> Statement:
        conditions = [_condition(self._table, one, position=position) for position, one in enumerate(question.filters)]
        conditions += self._renderer.within(self._table, question.bounds)
        page = self._page(question, conditions).subquery("_s")
        document, source = self._renderer.json_of(page, question.shape, bounds=question.bounds)
        kept = page.c[ROW] <= bindparam(LIMIT, type_=Integer())
        last = page.c[ROW] == bindparam(LIMIT, type_=Integer())
        keys = cast(func.json_build_array(*(cast(page.c[name], Text) for name, _ in question.order)), Text)
        columns: list[ColumnElement[Any]] = [
            func.string_agg(document, literal_column("','")).filter(kept),
            func.count(),
            func.max(keys).filter(last),
        ]
        if question.count:
            columns.append(select(func.count()).select_from(self._table).where(*conditions).scalar_subquery())
        return compiled(select(*columns).select_from(page.join(source, literal(True))))

    def _page(self, question: _Question, conditions: Sequence[ColumnElement[bool]]) -> Select[Any]:
        order = [_sort_key(self._table, name, descending=descending) for name, descending in question.order]
        row = func.row_number().over(order_by=order).label(ROW)
        query = select(row, *self._table.c).where(*conditions).order_by(*order).limit(question.room + 1)
        if question.after:
            query = query.where(_beyond(self._table, question))
        return query


def _values(listing: Listing) -> dict[str, Parameter]:
    values: dict[str, Parameter] = {LIMIT: listing.limit}
    values |= {f"f{position}": one.value for position, one in enumerate(listing.filters) if one.value is not None}
    values |= {f"k{position}": value for position, value in enumerate(listing.after) if value is not None}
    return values


def _sort_key(table: Table, name: str, *, descending: bool) -> ColumnElement[Any]:
    """Postgres's own order: nulls last ascending, first descending, so that one index serves both."""
    return table.c[name].desc() if descending else table.c[name].asc()


def _condition(table: Table, asked: _Condition, *, position: int) -> ColumnElement[bool]:
    column = table.c[asked.name]
    if asked.operator == "is":
        return column.is_not(None) if asked.negated else column.is_(None)
    listed = asked.operator in ("in", "nin")
    value = bindparam(f"f{position}", type_=ARRAY(column.type) if listed else column.type)
    return _CONDITIONS[asked.operator](column, value)


def _contains(column: ColumnElement[Any], value: ColumnElement[Any]) -> ColumnElement[bool]:
    if isinstance(column.type, Text):
        return func.strpos(column, value) > literal_column("0")
    return column.op("@>", is_comparison=True)(value)


_CONDITIONS: dict[Operator, Callable[[ColumnElement[Any], ColumnElement[Any]], ColumnElement[bool]]] = {
    "eq": lambda column, value: column == value,
    "ne": lambda column, value: column.is_distinct_from(value),
    "gt": lambda column, value: column > value,
    "gte": lambda column, value: column >= value,
    "lt": lambda column, value: column < value,
    "lte": lambda column, value: column <= value,
    "in": lambda column, value: column == any_(value),
    "nin": lambda column, value: or_(column.is_(None), ~(column == any_(value))),
    "like": lambda column, value: column.like(value),
    "ilike": lambda column, value: column.ilike(value),
    "contains": _contains,
}


def _beyond(table: Table, question: _Question) -> ColumnElement[bool]:
    """The rows that come after the last record in the question's order."""
    columns = [table.c[name] for name, _ in question.order]
    values = [bindparam(f"k{position}", type_=column.type) for position, column in enumerate(columns)]
    directions = {descending for _, descending in question.order}
    if len(directions) == 1 and all(question.after) and not any(column.nullable for column in columns):
        # one row comparison: an index over these columns is read from exactly this place on
        place, last = tuple_(*columns), tuple_(*values)
        return place < last if directions.pop() else place > last
    steps: list[ColumnElement[bool]] = []
    for position, (_, descending) in enumerate(question.order):
        equal = [_same(columns[i], values[i], there=question.after[i]) for i in range(position)]
        further = _further(columns[position], values[position], there=question.after[position], descending=descending)
        steps.append(and_(*equal, further))
    return or_(*steps)


def _same(column: ColumnElement[Any], value: ColumnElement[Any], *, there: bool) -> ColumnElement[bool]:
    return column == value if there else column.is_(None)


def _further(
    column: ColumnElement[Any], value: ColumnElement[Any], *, there: bool, descending: bool
) -> ColumnElement[bool]:
    if not there:
        return column.is_not(None) if descending else false()
    if descending:
        return column < value
    return or_(column > value, column.is_(None))
