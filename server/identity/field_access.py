"""What the markers of a model's fields leave a caller: what it may see of a record, and what it may set."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from middleware.inbound.principal import Principal
from server.identity.access import Access, AnyOf, Within
from server.identity.decisions import Rows, rows_for
from server.identity.field_markers import ReadableBy, ReadOnly, WritableBy, WriteOnce
from storage.annotations import read_annotation
from storage.listing import WHOLE, Shape
from storage.model import Model
from storage.record_type import RecordField, RecordType

PRINCIPALS_KEPT = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldAccess:
    """What a caller may do with the fields of a record."""

    whole: Shape = WHOLE
    """All it may see of one."""
    hidden: frozenset[str] = frozenset()
    """What it may not see: names of fields, and `expansion.name` for those of a record that is expanded."""
    fixed: frozenset[str] = frozenset()
    """The fields it may not set."""
    once: frozenset[str] = frozenset()
    """The fields it may set of a new record only."""


OPEN = FieldAccess()
FieldAccessOf = Callable[[Principal | None], FieldAccess]
"""What the caller may do with the fields, None being a caller without credentials."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkedFields:
    """The markers of a record type."""

    readable: Mapping[str, Access]
    writable: Mapping[str, Access]
    read_only: frozenset[str]
    once: frozenset[str]

    @property
    def are_none(self) -> bool:
        """Whether there are no markers."""
        return not (self.readable or self.writable or self.read_only or self.once)

    def hidden(self, rows: Rows, principal: Principal | None) -> Iterator[str]:
        """The fields this caller may not see."""
        return (name for name, word in self.readable.items() if not _admits(word, principal, rows=rows))

    def within(self, reading: AnyOf) -> "MarkedFields":
        """The same, of a record that is expanded: its readers are those who bring a credential for its resources."""
        areas = [word.area for word in reading.words if isinstance(word, Within)]
        readable = {name: AnyOf(tuple(Within(area, word) for area in areas)) for name, word in self.readable.items()}
        return replace(self, readable=readable)

    def fixed(self, rows: Rows, principal: Principal | None) -> Iterator[str]:
        """The fields this caller may not set."""
        yield from self.read_only
        yield from (name for name, word in self.writable.items() if not _admits(word, principal, rows=rows))


class FieldRules:
    """The field markers of a service's models; a model without any costs nothing."""

    def __init__(self, types: Iterable[RecordType], reading: Mapping[type[Model], AnyOf]) -> None:
        """`reading` tells who may read the records of a model, by any of its resources."""
        self._types = {record_type.name: record_type for record_type in types}
        self._rules = {name: rules_of(record_type) for name, record_type in self._types.items()}
        self._reading = reading

    def hides(self, record_type: RecordType) -> bool:
        """Whether callers may see different things of a record, or of those it refers to."""
        return any(self._rules[one.name].readable for one in (record_type, *self._expanded(record_type).values()))

    def of_action(self, record_type: RecordType, word: Access) -> FieldAccessOf:
        """What callers may do with the fields, whom this word admits to an action."""
        rules, expanded = self._rules[record_type.name], self._expanded(record_type)
        others = {name: self._rules[other.name].within(self._reading[other.model]) for name, other in expanded.items()}
        if rules.are_none and not any(one.readable for one in others.values()):
            return every_field

        def access_of(principal: Principal | None) -> FieldAccess:
            rows = rows_for(word, principal)
            own = [*rules.hidden(rows, principal)]
            theirs = [
                f"{name}.{field}"
                for name, one in others.items()
                for field in one.hidden(rows_for(self._reading[expanded[name].model], principal), principal)
            ]
            hidden = frozenset((*own, *theirs))
            return FieldAccess(
                whole=shown(record_type.fields, hidden),
                hidden=hidden,
                fixed=frozenset(rules.fixed(rows, principal)),
                once=rules.once,
            )

        return lru_cache(maxsize=PRINCIPALS_KEPT)(access_of)

    def _expanded(self, record_type: RecordType) -> dict[str, RecordType]:
        references = [(field.expansion, field.reference) for field in record_type.references]
        return {name: self._types[one.target_name] for name, one in references if one is not None}


def shown(fields: Iterable[RecordField], hidden: frozenset[str]) -> Shape:
    """A whole record without what is hidden."""
    names = [field.name for field in fields]
    seen = tuple(name for name in names if name not in hidden)
    return WHOLE if len(seen) == len(names) else Shape(fields=seen)


def rules_of(record_type: RecordType) -> MarkedFields:
    """The markers a record type's fields bear."""
    markers = [(name, word) for name in record_type.by_name for word in markers_of(record_type, name)]
    return MarkedFields(
        readable={name: word.access for name, word in markers if isinstance(word, ReadableBy)},
        writable={name: word.access for name, word in markers if isinstance(word, WritableBy)},
        read_only=frozenset(name for name, word in markers if isinstance(word, ReadOnly)),
        once=frozenset(name for name, word in markers if isinstance(word, WriteOnce)),
    )


def markers_of(record_type: RecordType, name: str) -> Sequence[object]:
    """What a field bears besides its type, wherever in its annotation."""
    return read_annotation(record_type.model.model_fields[name]).markers


def _admits(word: Access, principal: Principal | None, *, rows: Rows) -> bool:
    found = rows_for(word, principal)
    return found is Rows.EVERY or (found is Rows.OWN and rows is Rows.OWN)


def every_field(_principal: Principal | None) -> FieldAccess:
    """Of records of which nothing is kept from anybody."""
    return OPEN
