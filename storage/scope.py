"""Which rows of each table a caller may see and change, and what the rows it makes bear."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from storage.record_type import Scalar

OWNER_COLUMN = "_owner"
"""Holds the name of the principal that made a row; hidden, as no field's name begins with `_`."""

Bounds = tuple[tuple[str, str], ...]
"""The columns, each with its table, whose values a statement compares: what decides its text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """The rows a caller may touch, as the values their columns must have: table → column → value.

    A table that is not named is not bounded. `stamps` are the values that new rows get in columns no caller writes.
    """

    bounds: Mapping[str, Mapping[str, Scalar]] = field(default_factory=dict)
    stamps: Mapping[str, Mapping[str, Scalar]] = field(default_factory=dict)

    def bounds_of(self, tables: Iterable[str]) -> Bounds:
        """The bounded columns of these tables."""
        return tuple((table, column) for table in tables for column in self.bounds.get(table, ()))

    def values_of(self, bounds: Bounds) -> dict[str, Scalar]:
        """The values of these columns, by the names of their parameters."""
        return {bound_parameter(table, column): self.bounds[table][column] for table, column in bounds}


EVERYTHING = Scope()
"""Every row of every table: what a service without callers' names, a load and a migration see."""


def bound_parameter(table: str, column: str) -> str:
    """The name of the parameter that holds what a table's column must be; no field's name has a point."""
    return f"{table}.{column}"
