"""From a record to a row as a stage takes it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from middleware.errors import Invalid
from storage.model import Model
from storage.postgres.array_text import Scalar
from storage.record_type import RecordType
from storage.storable import storage_faults
from storage.wire import parameter

Sealed = Callable[[Mapping[str, object]], Mapping[str, object]]


def as_they_are(values: Mapping[str, object]) -> Mapping[str, object]:
    """Values none of which is encrypted."""
    return values


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A record as its columns take it, in their order, and the line of its file."""

    line: int
    values: tuple[Scalar, ...]


class RowMaker:
    """Makes the rows of one record type: all but the version and the times."""

    def __init__(self, record_type: RecordType, *, sealed: Sealed = as_they_are) -> None:
        """`sealed` encrypts the values that are stored so."""
        self._sealed = sealed
        self._type = record_type
        self._fields = tuple(field for field in record_type.fields if field.key or field.tenant or not field.system)
        key = record_type.key
        self._numbered = key.name if key.kind == "integer" else ""

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of its rows."""
        return tuple(field.name for field in self._fields)

    def row(self, record: Model, *, line: int) -> Row:
        """The record's row; a key that Postgres has to number is None. Raises Invalid for what no column can hold."""
        values = {field.name: getattr(record, field.name) for field in self._fields}
        faults = storage_faults(self._type, values)
        if faults:
            raise Invalid("A value cannot be stored.", faults=faults)
        if self._numbered and self._numbered not in record.model_fields_set:
            values[self._numbered] = None
        stored = self._sealed(values)
        return Row(line=line, values=tuple([parameter(field, stored[field.name]) for field in self._fields]))
