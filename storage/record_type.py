"""What storage knows of a model: its table, key, fields and constraints as plain data."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from storage.model import Indexed, Model, Reference, Unique

Kind = Literal["string", "integer", "decimal", "float", "boolean", "datetime", "date", "uuid", "json"]
INDEX_BYTES, KEY_BYTES = 2_000, 500
"""How much text an index entry may hold, and a text key, which ends each entry of the other indexes: together less than
the 2,704 bytes (a third of a page) that Postgres allows a btree entry, its header and a few numbers included."""

Scalar = str | int | float | bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The declared bounds of a field's values; None where nothing is declared."""

    ge: Scalar = None
    gt: Scalar = None
    le: Scalar = None
    lt: Scalar = None
    multiple_of: Scalar = None
    min_length: int | None = None
    max_length: int | None = None
    pattern: str | None = None
    max_digits: int | None = None
    decimal_places: int | None = None
    values: tuple[str | int, ...] = ()
    """The members of a Literal or an Enum; empty where any value will do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordField:
    """One field of a record: one column of its table."""

    name: str
    kind: Kind
    nullable: bool
    required: bool
    """A create must give it."""
    system: bool
    """Mainstay fills it in; no caller writes it."""
    key: bool
    unique: bool
    indexed: bool
    """An index stands behind it, so callers may filter and sort by it."""
    limits: Limits
    default: object = None
    """A constant default (JSON-ready), meaningful where `has_default`."""
    has_default: bool = False
    reference: Reference | None = None
    renamed_from: str = ""
    tenant: bool = False
    """It says which tenant a record belongs to."""
    encrypted: bool = False
    private: bool = False
    """Nothing repeats what it holds."""
    expansion: str = ""
    """The property `?expand=` adds for this reference; empty for other fields."""


@dataclass(frozen=True, kw_only=True)
class RecordType:
    """A described model."""

    model: type[Model]
    table: str
    fields: tuple[RecordField, ...]
    """The key first, then the declared fields in their order, then version, created_at, updated_at."""
    uniques: tuple[Unique, ...] = ()
    indexes: tuple[Indexed, ...] = ()
    renamed_from: str = ""
    is_owned: bool = False
    """Each row remembers who made it, in a hidden column."""
    is_audited: bool = False
    """Each write leaves an entry in the audit trail, in its own statement."""

    @property
    def name(self) -> str:
        """The model's class name."""
        return self.model.__name__

    @cached_property
    def by_name(self) -> dict[str, RecordField]:
        """The fields by their names."""
        return {field.name: field for field in self.fields}

    @cached_property
    def key(self) -> RecordField:
        """The field that names a record."""
        return next(field for field in self.fields if field.key)

    @cached_property
    def tenant(self) -> RecordField | None:
        """The field that says whose tenant's a record is, if tenants are kept apart."""
        return next((field for field in self.fields if field.tenant), None)

    @cached_property
    def references(self) -> tuple[RecordField, ...]:
        """The fields that point at other records."""
        return tuple(field for field in self.fields if field.reference is not None)

    @cached_property
    def index_room_bytes(self) -> dict[str, int]:
        """How long the texts that indexes hold may be; those of a composite index share its room evenly."""
        texts = {field.name for field in self.fields if field.kind == "string"}
        alone = [(field.name,) for field in self.fields if field.indexed]
        together = [*(word.fields for word in self.uniques), *(word.fields for word in self.indexes)]
        room: dict[str, int] = {}
        for fields in (*alone, *together):
            held = texts.intersection(fields)
            for name in held:
                room[name] = min(room.get(name, INDEX_BYTES), INDEX_BYTES // len(held))
        if self.key.name in texts:
            room[self.key.name] = KEY_BYTES
        return room

    @property
    def written(self) -> Iterator[RecordField]:
        """The fields a caller may write, the key among them where the model names its own."""
        return (field for field in self.fields if not field.system)
