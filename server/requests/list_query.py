"""Reads a query string against what a resource declares: all faults at once, nothing unknown let through."""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache

from middleware.errors import Malformed
from server.nearest import nearest, there_are
from server.requests.cursor import Cursors
from server.requests.filter_values import ValueRefused, filter_value
from server.requests.query_string import Reading, read_parameters
from storage.listing import WHOLE, Filter, Listing, Operator, Order, Shape, operators_of
from storage.record_type import RecordField, RecordType
from telemetry.private_texts import remember

LIMIT_DEFAULT, LIMIT_MAXIMUM = 20, 200
FILTERS_MAXIMUM = 32
SORT_KEYS_MAXIMUM = 8
LIST_PARAMETERS = ("limit", "cursor", "sort", "fields", "expand")
SHAPE_PARAMETERS = ("fields", "expand")
NAME_LISTS = ("sort", *SHAPE_PARAMETERS)

_SHOWN_MAXIMUM = 40
_KEPT = 512
_KEPT_LENGTH = 256
"""So many questions are kept as they were read, of no longer queries: what an application asks, it asks in the same
words again and again, and to read `limit=50&sort=-price` takes 7 µs."""
_FILTER_NAME = re.compile(r"([^\[\]]+)(?:\[([^\[\]]*)\])?")

Given = Mapping[str, str]


class QueryReader:
    """Reads the queries of one resource's list and of its single records."""

    def __init__(
        self,
        record_type: RecordType,
        *,
        filterable: Sequence[str],
        sortable: Sequence[str],
        cursors: Cursors,
        hidden: frozenset[str] = frozenset(),
    ) -> None:
        """What is `hidden` from callers is as if it were not there: names of fields, and `expansion.name`."""
        self._record_type = record_type
        self._filterable = {name: record_type.by_name[name] for name in filterable if name not in hidden}
        self._sortable = {name: record_type.by_name[name] for name in sortable if name not in hidden}
        self._fields = tuple(name for name in record_type.by_name if name not in hidden)
        self._expansions = tuple(one.expansion for one in record_type.references if one.name not in hidden)
        self._hidden = tuple(sorted(name for name in hidden if "." in name))
        self._private = frozenset(field.name for field in record_type.fields if field.private)
        self._cursors = cursors
        self._whole = self._shown()
        self._kept = lru_cache(maxsize=_KEPT)(self._read)

    def without(self, hidden: frozenset[str]) -> "QueryReader":
        """The reader for callers from whom more is hidden."""
        return QueryReader(
            self._record_type,
            filterable=tuple(self._filterable),
            sortable=tuple(self._sortable),
            cursors=self._cursors,
            hidden=hidden,
        )

    def listing(self, raw: str, *, count: bool) -> Listing:
        """The question in a list's query string; raises Malformed with every fault."""
        # Private values have to be remembered with each request they come with.
        return (self._read if self._private or len(raw) > _KEPT_LENGTH else self._kept)(raw, count)

    def _read(self, raw: str, count: bool) -> Listing:
        reading = Reading()
        given = read_parameters(raw, reading, is_list=_is_list)
        remember(given[name] for name in given if name.partition("[")[0] in self._private)
        filters = tuple(self._filters(given, reading))
        order = self._order(given.get("sort"), reading)
        listing = Listing(
            filters=filters,
            order=order or (),
            after=self._after(given.get("cursor"), order, reading=reading),
            limit=_limit(given.get("limit"), reading),
            shape=self._shape(given, reading),
            count=count,
        )
        reading.end()
        return listing

    def shape(self, raw: str) -> Shape:
        """What a single record's query string asks to see; raises Malformed with every fault."""
        if not raw:
            return self._whole
        reading = Reading()
        given = read_parameters(raw, reading, is_list=_is_list)
        for name in given:
            if name not in SHAPE_PARAMETERS:
                _refuse_unknown(name, SHAPE_PARAMETERS, reading=reading)
        shape = self._shape(given, reading)
        reading.end()
        return shape

    def cursor(self, listing: Listing, after: Sequence[str | None]) -> str:
        """The cursor of the page that follows the record with these sort values."""
        return self._cursors.write(listing.order, after)

    def _filters(self, given: Given, reading: Reading) -> Iterator[Filter]:
        asked = [name for name in given if name not in LIST_PARAMETERS]
        if len(asked) > FILTERS_MAXIMUM:
            reading.refuse(asked[FILTERS_MAXIMUM], "too_many_filters", detail=f"at most {FILTERS_MAXIMUM} filters")
            return
        for name in asked:
            found = self._filter(name, given[name], reading=reading)
            if found is not None:
                yield found

    def _filter(self, name: str, value: str, *, reading: Reading) -> Filter | None:
        parts = _FILTER_NAME.fullmatch(name)
        field = self._filterable.get(parts[1]) if parts else None
        if parts is None or field is None:
            known = (*self._filterable, *LIST_PARAMETERS)
            if parts is not None and parts[1] in self._record_type.by_name:
                detail = f"{parts[1]} cannot be filtered by; {there_are(known)}"
                reading.refuse(name, "unknown_parameter", detail=detail)
            else:
                _refuse_unknown(name, known, reading=reading)
            return None
        try:
            texts = (value, *reading.more.get(name, ()))
            return filter_value(field, _operator(field, parts[2]), texts=texts)
        except ValueRefused as refused:
            reading.refuse(name, refused.code, detail=str(refused))
            return None

    def _order(self, text: str | None, reading: Reading) -> tuple[Order, ...] | None:
        """The order, ended so that no two records tie; None where it cannot be read."""
        order: dict[str, Order] = {}
        before = len(reading.faults)
        for key in () if text is None else ",".join((text, *reading.more.get("sort", ()))).split(","):
            name = key.removeprefix("-")
            known = self._sortable.get(name)
            if known is None:
                detail = _cannot("sort by", name, known=tuple(self._sortable))
                reading.refuse("sort", "unknown_field", detail=detail)
            elif name in order:
                reading.refuse("sort", "repeated", detail=f"{name} is named twice")
            else:
                order[name] = Order(field=known, descending=key.startswith("-"))
        if len(order) > SORT_KEYS_MAXIMUM:
            reading.refuse("sort", "too_many_keys", detail=f"at most {SORT_KEYS_MAXIMUM} sort keys")
        return None if len(reading.faults) > before else self._made_unique(tuple(order.values()))

    def _made_unique(self, order: tuple[Order, ...]) -> tuple[Order, ...]:
        """Ends the order in the key unless no two records can tie already."""
        alone = self._record_type.tenant is None  # else what is unique is so within a tenant
        if any(one.field.key or (one.field.unique and alone and not one.field.nullable) for one in order):
            return order
        descending = bool(order) and order[-1].descending
        return (*order, Order(field=self._record_type.key, descending=descending))

    def _after(
        self, cursor: str | None, order: tuple[Order, ...] | None, *, reading: Reading
    ) -> tuple[str | None, ...]:
        if cursor is None or order is None:
            return ()
        try:
            return self._cursors.read(order, cursor)
        except Malformed as unfit:
            reading.faults.extend(unfit.faults)
            return ()

    def _shape(self, given: Given, reading: Reading) -> Shape:
        fields = _names("fields", given, known=self._fields, reading=reading)
        return self._shown(fields, _names("expand", given, known=self._expansions, reading=reading))

    def _shown(self, fields: tuple[str, ...] = (), expand: tuple[str, ...] = ()) -> Shape:
        """The shape in which a caller sees what it asks for; without a field named, all it may see."""
        if not fields and len(self._fields) < len(self._record_type.fields):
            fields = self._fields
        within = tuple(name for name in self._hidden if name.partition(".")[0] in expand)
        return Shape(fields=fields, expand=expand, hidden=within) if fields or expand else WHOLE


def _is_list(name: str) -> bool:
    """Whether a parameter's value is a list, so that it may be given piece by piece."""
    return name in NAME_LISTS or name.endswith(("[in]", "[nin]"))


def _operator(field: RecordField, word: str | None) -> Operator:
    """The operator in brackets; without them, equality, which of lists and objects is what they contain."""
    if word is None:
        return "contains" if field.kind == "json" else "eq"
    allowed = operators_of(field)
    for operator in allowed:
        if operator == word:
            return operator
    raise ValueRefused("unknown_operator", f"{field.name} is compared with {', '.join(allowed)}")


def _limit(text: str | None, reading: Reading) -> int:
    if text is None:
        return LIMIT_DEFAULT
    digits = len(str(LIMIT_MAXIMUM))
    if text.isascii() and text.isdigit() and len(text) <= digits and 1 <= int(text) <= LIMIT_MAXIMUM:
        return int(text)
    reading.refuse("limit", "limit_out_of_range", detail=f"limit is a whole number from 1 to {LIMIT_MAXIMUM}")
    return LIMIT_DEFAULT


def _names(parameter: str, given: Given, *, known: tuple[str, ...], reading: Reading) -> tuple[str, ...]:
    """The names a parameter lists, each known, in the order of `known`."""
    if parameter not in given:
        return ()
    names = set(",".join((given[parameter], *reading.more.get(parameter, ()))).split(","))
    for name in sorted(names.difference(known)):
        reading.refuse(parameter, "unknown_field", detail=_cannot("show", name, known=known))
    return tuple(name for name in known if name in names)


def _refuse_unknown(name: str, known: Sequence[str], *, reading: Reading) -> None:
    near = nearest(name.partition("[")[0], known)
    hint = f"did you mean {near}?" if near else there_are(known)
    reading.refuse(name, "unknown_parameter", detail=f"no such parameter; {hint}")


def _cannot(verb: str, name: str, *, known: Sequence[str]) -> str:
    if not name:
        return f"a name is missing; {there_are(known)}"
    shown = name if len(name) <= _SHOWN_MAXIMUM else f"{name[:_SHOWN_MAXIMUM]}…"
    return f"cannot {verb} {shown}; {there_are(known)}"
