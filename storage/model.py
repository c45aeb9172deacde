"""What a team writes to describe a record: Model and its markers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Annotated, Any, ClassVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from pydantic.fields import FieldInfo

from storage.uuid7 import uuid7


@dataclass(frozen=True, slots=True)
class Key:
    """Marks the field that names a record: an int (an identity column), a str or a UUID."""


@dataclass(frozen=True, slots=True)
class System:
    """Marks a field that Mainstay fills in; a caller may read it and never write it."""


@dataclass(frozen=True, slots=True, init=False)
class Unique:
    """No two records share this value; on a model's `constraints`, these values taken together."""

    fields: tuple[str, ...]

    def __init__(self, *fields: str) -> None:
        object.__setattr__(self, "fields", fields)


@dataclass(frozen=True, slots=True, init=False)
class Indexed:
    """Callers may filter and sort by this field; on a model's `constraints`, by these together."""

    fields: tuple[str, ...]

    def __init__(self, *fields: str) -> None:
        object.__setattr__(self, "fields", fields)


@dataclass(frozen=True, slots=True)
class Reference:
    """A foreign key to another model, given as its class or, for itself or a later one, by name.

    `expand_as` names the property `?expand=` adds; by default the field without its `_id`,
    or else the referenced table's name.
    """

    target: "type[Model] | str"
    expand_as: str = ""

    @property
    def target_name(self) -> str:
        """The referenced model's class name."""
        return getattr(self.target, "__name__", str(self.target))


@dataclass(frozen=True, slots=True)
class Tenant:
    """Marks the field that says which tenant a record belongs to: a str or a UUID that comes from who calls.

    A caller sees and changes the records of its own tenant alone, whatever else it may do; values that must be
    unique are so within a tenant.
    """


@dataclass(frozen=True, slots=True)
class Private:
    """Marks a field that holds a person's data: nothing that Mainstay writes down repeats what it holds.

    Logs, traces, metrics, error reports, the texts of problems. Nobody sorts by it, as cursors would hold its values,
    and it is filtered by only where the resource names it. `erased` stands in its place once the data is erased,
    `{key}` in it being the record's key; without one, the field's default, or null.
    """

    erased: str | None = None


@dataclass(frozen=True, slots=True)
class Encrypted:
    """Marks a text that lies encrypted in the database and in Redis, under keys that only the service has.

    Like what is `Private()` it is repeated nowhere. Nobody filters or sorts by it, and it cannot be unique.
    """


@dataclass(frozen=True, slots=True)
class RenamedFrom:
    """Tells a migration that the column bore this name before, so that its data is kept."""

    name: str


Constraint = Unique | Indexed

_now = partial(datetime.now, UTC)
"""Made for each record that is read, so it is no function of Python's."""

SYSTEM_FIELDS = ("version", "created_at", "updated_at")
"""What every record has besides its key and its own fields; last on the wire."""


class Model(BaseModel):
    """A record's shape: a pydantic model that Mainstay stores in a table of its own.

    `id`, `version`, `created_at` and `updated_at` come by themselves; a model that marks a field with `Key()`
    has that instead of `id`. A record not stored yet has version 0.

    Class keywords: `table` (default: the class name in snake_case), `constraints` (composite `Unique` and
    `Indexed`), `renamed_from` (the table's name before).
    """

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False, hide_input_in_errors=True)

    id: Annotated[UUID, Key(), System()] = Field(default_factory=uuid7)
    version: Annotated[int, System()] = 0
    created_at: Annotated[datetime, System()] = Field(default_factory=_now)
    updated_at: Annotated[datetime, System()] = Field(default_factory=_now)

    table_name: ClassVar[str] = ""
    table_constraints: ClassVar[tuple[Constraint, ...]] = ()
    table_renamed_from: ClassVar[str] = ""

    def __init_subclass__(
        cls, *, table: str = "", constraints: Sequence[Constraint] = (), renamed_from: str = "", **kwargs: Any
    ) -> None:
        super().__init_subclass__(**kwargs)
        cls.table_name = table or snake_case(cls.__name__)
        cls.table_constraints = tuple(constraints)
        cls.table_renamed_from = renamed_from

    @classmethod
    def __pydantic_init_subclass__(cls, **_kwargs: Any) -> None:
        """A key of the model's own replaces `id`; what Mainstay fills in may be left out, until it does.

        An int key is 0 until Postgres numbers it, a tenant empty until it is known who calls. What is private is not
        in a record's `repr`.
        """
        own = [name for name, field in cls.model_fields.items() if name != "id" and _is_key(field)]
        if own and "id" in cls.model_fields:
            del cls.model_fields["id"]
        numbered = [cls.model_fields[name] for name in own or ["id"] if cls.model_fields[name].annotation is int]
        for field in numbered:
            if field.is_required():
                field.default = 0
        filled = [field for field in cls.model_fields.values() if _bears(field, Tenant) and field.is_required()]
        for field in filled:
            field.default = UUID(int=0) if field.annotation is UUID else ""
        private = [field for field in cls.model_fields.values() if _bears(field, Private) or _bears(field, Encrypted)]
        for field in private:
            field.repr = False
        if own or numbered or filled or private:
            cls.model_rebuild(force=True)


def _is_key(field: FieldInfo) -> bool:
    return _bears(field, Key)


def _bears(field: FieldInfo, marker: type[object]) -> bool:
    return any(isinstance(word, marker) for word in field.metadata)


def snake_case(name: str) -> str:
    """`PlaylistTrack` → `playlist_track`, `HTTPCall` → `http_call`."""
    words: list[str] = []
    for position, letter in enumerate(name):
        starts_word = letter.isupper() and (
            not name[position - 1].isupper() or name[position + 1 : position + 2].islower()
        )
        words.append(f"_{letter.lower()}" if position and starts_word else letter.lower())
    return "".join(words)
