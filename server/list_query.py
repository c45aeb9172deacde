"""Reads a query string against what a resource declares: all faults at once, nothing unknown let through."""

import difflib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from urllib.parse import unquote_to_bytes

from middleware.errors import Fault, Malformed
from server.cursor import Cursors
from server.filter_values import ValueRefused, filter_value
from storage.listing import WHOLE, Filter, Listing, Operator, Order, Shape, operators_of
from storage.record_type import RecordField, RecordType

LIMIT_DEFAULT, LIMIT_MAXIMUM = 20, 200
FILTERS_MAXIMUM = 32
SORT_KEYS_MAXIMUM = 8
PARAMETERS_MAXIMUM = 64
LIST_PARAMETERS = ("limit", "cursor", "sort", "fields", "expand")


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """One `name=value` of a query string, decoded."""

    name: str
    value: str


@dataclass(slots=True)
class Reading:
    """What has been read so far, and what is wrong with it."""

    faults: list[Fault] = field(default_factory=list)

    def refuse(self, parameter: str, code: str, detail: str) -> None:
        """Note one fault."""
        self.faults.append(Fault(code=code, detail=detail, parameter=parameter))


class QueryReader:
    """Reads the queries of one resource's list and of its single records."""

    def __init__(
        self, record_type: RecordType, *, filterable: Sequence[str], sortable: Sequence[str], cursors: Cursors
    ) -> None:
        self._record_type = record_type
        self._filterable = {name: record_type.by_name[name] for name in filterable}
        self._sortable = {name: record_type.by_name[name] for name in sortable}
        self._expansions = tuple(one.expansion for one in record_type.references)
        self._cursors = cursors

    def listing(self, raw: str, *, count: bool) -> Listing:
        """The question in a list's query string; raises Malformed with every fault."""
        reading = Reading()
        given = dict(self._parameters(raw, reading))
        filters = tuple(self._filters(given, reading))
        order = self._order(given.get("sort", ""), reading)
        listing = Listing(
            filters=filters,
            order=order,
            after=self._after(given.get("cursor"), order, reading),
            limit=_limit(given.get("limit"), reading),
            shape=self._shape(given, reading),
            count=count,
        )
        _raise_if_faulty(reading)
        return listing

    def shape(self, raw: str) -> Shape:
        """What a single record's query string asks to see; raises Malformed with every fault."""
        if not raw:
            return WHOLE
        reading = Reading()
        given = dict(self._parameters(raw, reading))
        for name in given:
            if name not in ("fields", "expand"):
                _refuse_unknown(name, ("fields", "expand"), reading)
        shape = self._shape(given, reading)
        _raise_if_faulty(reading)
        return shape

    def cursor(self, listing: Listing, after: Sequence[str | None]) -> str:
        """The cursor of the page that follows the record with these sort values."""
        return self._cursors.write(listing.order, after)

    def _parameters(self, raw: str, reading: Reading) -> Iterator[tuple[str, str]]:
        seen: set[str] = set()
        for parameter in parsed(raw):
            if parameter.name in seen:
                reading.refuse(parameter.name, "repeated", "give this parameter once")
            seen.add(parameter.name)
            yield parameter.name, parameter.value

    def _filters(self, given: dict[str, str], reading: Reading) -> Iterator[Filter]:
        asked = [(name, value) for name, value in given.items() if name not in LIST_PARAMETERS]
        if len(asked) > FILTERS_MAXIMUM:
            reading.refuse(asked[FILTERS_MAXIMUM][0], "too_many_filters", f"at most {FILTERS_MAXIMUM} filters")
            return
        for name, value in asked:
            found = self._filter(name, value, reading)
            if found is not None:
                yield found

    def _filter(self, name: str, value: str, reading: Reading) -> Filter | None:
        bare, _, rest = name.partition("[")
        known = self._filterable.get(bare)
        if known is None or (rest and not rest.endswith("]")):
            _refuse_unknown(name, (*self._filterable, *LIST_PARAMETERS), reading)
            return None
        operator = _operator(name, known, rest[:-1] or ("eq" if known.kind != "json" else "contains"), reading)
        if operator is None:
            return None
        try:
            return filter_value(known, operator, value)
        except ValueRefused as refused:
            reading.refuse(name, refused.code, str(refused))
            return None

    def _order(self, text: str, reading: Reading) -> tuple[Order, ...]:
        order: dict[str, Order] = {}
        for key in filter(None, text.split(",")):
            name = key.removeprefix("-")
            known = self._sortable.get(name)
            if known is None:
                reading.refuse("sort", "unknown_field", _cannot("sort by", name, tuple(self._sortable)))
            elif name in order:
                reading.refuse("sort", "repeated", f"{name} is named twice")
            else:
                order[name] = Order(field=known, descending=key.startswith("-"))
        if len(order) > SORT_KEYS_MAXIMUM:
            reading.refuse("sort", "too_many_keys", f"at most {SORT_KEYS_MAXIMUM} sort keys")
        return self._made_unique(tuple(order.values()))

    def _made_unique(self, order: tuple[Order, ...]) -> tuple[Order, ...]:
        """Ends the order in the key unless no two records can tie already."""
        if any(one.field.key or (one.field.unique and not one.field.nullable) for one in order):
            return order
        descending = bool(order) and order[-1].descending
        return (*order, Order(field=self._record_type.key, descending=descending))

    def _after(self, cursor: str | None, order: tuple[Order, ...], reading: Reading) -> tuple[str | None, ...]:
        if cursor is None or reading.faults:
            return ()
        try:
            return self._cursors.read(order, cursor)
        except Malformed as unfit:
            reading.faults.extend(unfit.faults)
            return ()

    def _shape(self, given: dict[str, str], reading: Reading) -> Shape:
        return Shape(
            fields=_names(given, "fields", tuple(self._record_type.by_name), reading),
            expand=_names(given, "expand", self._expansions, reading),
        )


def parsed(raw: str) -> Iterator[Parameter]:
    """The parameters of a raw query string; raises Malformed for broken percent-encoded UTF-8 and for too many."""
    pairs = [pair for pair in raw.split("&") if pair]
    if len(pairs) > PARAMETERS_MAXIMUM:
        fault = Fault(
            code="too_many_parameters",
            detail=f"at most {PARAMETERS_MAXIMUM} parameters",
            parameter=pairs[PARAMETERS_MAXIMUM].partition("=")[0],
        )
        raise Malformed("The query is too long.", faults=[fault])
    for pair in pairs:
        name, _, value = pair.partition("=")
        yield Parameter(name=_text(name, name), value=_text(value, name))


def _text(raw: str, name: str) -> str:
    try:
        return unquote_to_bytes(raw.replace("+", " ")).decode()
    except UnicodeError as error:
        fault = Fault(code="invalid_unicode", detail="percent-encoded text is UTF-8", parameter=ascii(name).strip("'"))
        raise Malformed("The query is not UTF-8.", faults=[fault]) from error


def _operator(name: str, known: RecordField, word: str, reading: Reading) -> Operator | None:
    allowed = operators_of(known)
    for operator in allowed:
        if operator == word:
            return operator
    reading.refuse(name, "unknown_operator", f"{known.name} is compared with {', '.join(allowed)}")
    return None


def _limit(text: str | None, reading: Reading) -> int:
    if text is None:
        return LIMIT_DEFAULT
    digits = len(str(LIMIT_MAXIMUM))
    if text.isascii() and text.isdigit() and len(text) <= digits and 1 <= int(text) <= LIMIT_MAXIMUM:
        return int(text)
    reading.refuse("limit", "limit_out_of_range", f"limit is a whole number from 1 to {LIMIT_MAXIMUM}")
    return LIMIT_DEFAULT


def _names(given: dict[str, str], parameter: str, known: tuple[str, ...], reading: Reading) -> tuple[str, ...]:
    if parameter not in given:
        return ()
    names = tuple(dict.fromkeys(filter(None, given[parameter].split(","))))
    for name in names:
        if name not in known:
            reading.refuse(parameter, "unknown_field", _cannot("show", name, known))
    if not names:
        reading.refuse(parameter, "missing", f"{parameter} names at least one of {', '.join(known) or 'nothing'}")
    return tuple(name for name in known if name in names)


def _refuse_unknown(name: str, known: Sequence[str], reading: Reading) -> None:
    near = difflib.get_close_matches(name.partition("[")[0], known, n=1)
    hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(known)}"
    reading.refuse(name, "unknown_parameter", f"no such parameter; {hint}")


def _cannot(verb: str, name: str, known: Sequence[str]) -> str:
    shown = name if len(name) <= _SHOWN_MAXIMUM else f"{name[:_SHOWN_MAXIMUM]}…"
    return f"cannot {verb} {shown}; there are {', '.join(known) or 'none'}"


_SHOWN_MAXIMUM = 40


def _raise_if_faulty(reading: Reading) -> None:
    if reading.faults:
        raise Malformed("The query has faults.", faults=reading.faults)
