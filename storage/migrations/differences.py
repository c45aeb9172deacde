"""How a database may differ from the declared tables, as a closed union of values."""

from dataclasses import dataclass

from sqlalchemy import Index
from sqlalchemy.schema import Constraint


@dataclass(frozen=True, slots=True, kw_only=True)
class TableAppears:
    """A declared table is not there."""

    table: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TableDisappears:
    """A table of ours is no longer declared."""

    table: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnAppears:
    """A declared column is not there."""

    table: str
    column: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnDisappears:
    """A column is no longer declared; `required` if an insert that leaves it out would fail."""

    table: str
    column: str
    required: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnDiffers:
    """A column's type, default or nullability is not as declared; None where it is."""

    table: str
    column: str
    old_type: str | None = None
    default_differs: bool = False
    had_default: bool = False
    had_identity: bool = False
    nullable: bool | None = None
    """What it shall be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyDiffers:
    """The table's key is not the declared column."""

    table: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleAppears:
    """A declared constraint or index is not there, or another bears its name."""

    table: str
    item: Constraint | Index


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleDisappears:
    """A constraint or index of ours is no longer declared; `name` is what it will be called after the renames."""

    table: str
    name: str


Difference = (
    TableAppears
    | TableDisappears
    | ColumnAppears
    | ColumnDisappears
    | ColumnDiffers
    | KeyDiffers
    | RuleAppears
    | RuleDisappears
)
