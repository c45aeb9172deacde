"""Who may see and set a single field: markers for a model's fields, and what they leave a caller."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from middleware.inbound.principal import Principal
from server.identity.access import Access
from server.identity.decisions import Rows, rows_for
from storage.record_type import RecordType

PRINCIPALS_KEPT = 10_000


@dataclass(frozen=True, slots=True)
class ReadableBy:
    """Only these see the field; to all others it is as if the record had none.

    `OWNER` admits whoever is confined to rows of its own.
    """

    access: Access


@dataclass(frozen=True, slots=True)
class WritableBy:
    """Only these set the field; a record that others make has its default."""

    access: Access


@dataclass(frozen=True, slots=True)
class ReadOnly:
    """No caller sets the field: the service's own handlers do."""


@dataclass(frozen=True, slots=True)
class WriteOnce:
    """A caller sets the field of a new record, and nobody's request changes it later."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldAccess:
    """What a caller may do with the fields of a record: names of fields."""

    hidden: frozenset[str] = frozenset()
    fixed: frozenset[str] = frozenset()
    """Those it may not set."""
    written_once: frozenset[str] = frozenset()
    """Those it may set of a new record only."""


OPEN = FieldAccess()
AccessOf = Callable[[Principal | None, bool], FieldAccess]
"""What the caller may do with the fields, who is confined to rows of its own or is not."""


def field_access(record_type: RecordType) -> AccessOf:
    """Make what tells it; a record without such markers costs nothing."""
    readable = _words(record_type, ReadableBy)
    writable = _words(record_type, WritableBy)
    read_only = _marked(record_type, ReadOnly)
    once = _marked(record_type, WriteOnce)
    if not (readable or writable or read_only or once):
        return _open

    @lru_cache(maxsize=PRINCIPALS_KEPT)
    def access_of(principal: Principal | None, own_rows: bool) -> FieldAccess:
        least = Rows.OWN if own_rows else Rows.EVERY
        hidden = {name for name, word in readable.items() if rows_for(word, principal) < least}
        fixed = {name for name, word in writable.items() if rows_for(word, principal) < least}
        return FieldAccess(hidden=frozenset(hidden), fixed=frozenset(fixed | read_only), written_once=frozenset(once))

    return access_of


def _open(_principal: Principal | None, _own_rows: bool) -> FieldAccess:
    return OPEN


def _markers(record_type: RecordType, name: str) -> list[object]:
    return list(record_type.model.model_fields[name].metadata)


def _words(record_type: RecordType, marker: type[ReadableBy] | type[WritableBy]) -> dict[str, Access]:
    found = ((one.name, word) for one in record_type.fields for word in _markers(record_type, one.name))
    return {name: word.access for name, word in found if isinstance(word, marker)}


def _marked(record_type: RecordType, marker: type[object]) -> set[str]:
    names = (one.name for one in record_type.fields)
    return {name for name in names if any(isinstance(word, marker) for word in _markers(record_type, name))}
