"""What the writers of steps know: the declared tables, those present, their rows, and what has been allowed."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from enum import IntEnum
from functools import cached_property

from sqlalchemy import CheckConstraint, Column, MetaData, Table

from storage.migrations.differences import (
    ColumnAppears,
    ColumnDiffers,
    ColumnDisappears,
    Difference,
    TableAppears,
    TableDisappears,
)
from storage.migrations.present_tables import PresentTables
from storage.migrations.rows import Rows
from storage.migrations.steps import Step
from storage.tables.constraints import RULE
from storage.tables.schema import NEUTRAL
from storage.tables.sql_text import condition_of, quoted_name, spaced, type_name


class Phase(IntEnum):
    """The order of the steps: what is in the way goes first, what others build on next, what loses data last."""

    ADOPT = 0
    RENAME = 1
    RELEASE = 2
    CREATE = 3
    ADD = 4
    CHANGE = 5
    KEY = 6
    RELAX = 7
    HOLD = 8
    REFER = 9
    DROP_COLUMN = 10
    DROP_TABLE = 11


LAST_PHASES = (Phase.DROP_COLUMN, Phase.DROP_TABLE)

Draft = tuple[Phase, Step]


@dataclass(frozen=True, kw_only=True)
class Situation:
    """Everything a step depends on."""

    metadata: MetaData
    present: PresentTables
    rows: Rows
    differences: tuple[Difference, ...]
    service: str
    allow: Collection[str]

    def column(self, table: str, name: str) -> Column[object]:
        """A declared column."""
        return self.metadata.tables[table].columns[name]

    @property
    def new_tables(self) -> list[str]:
        """Declared, not there."""
        return [found.table for found in self.differences if isinstance(found, TableAppears)]

    @property
    def leaving_tables(self) -> list[str]:
        """There, no longer declared."""
        return [found.table for found in self.differences if isinstance(found, TableDisappears)]

    def new_columns(self, table: str) -> list[str]:
        """Declared columns that a present table lacks."""
        return [item.column for item in self.differences if isinstance(item, ColumnAppears) and item.table == table]

    def leaving_columns(self, table: str) -> list[str]:
        """A present table's columns that are no longer declared."""
        return [item.column for item in self.differences if isinstance(item, ColumnDisappears) and item.table == table]

    @cached_property
    def changing_types(self) -> frozenset[tuple[str, str]]:
        """The columns whose type is not as declared."""
        found = (item for item in self.differences if isinstance(item, ColumnDiffers) and item.old_type is not None)
        return frozenset((item.table, item.column) for item in found)

    def references_at(self, table: str, column: str) -> Iterator[tuple[str, str, tuple[str, str]]]:
        """The references from or to a declared column: their table, their name and the column at the other end."""
        for referring in self.metadata.tables.values():
            for reference in referring.foreign_key_constraints:
                element = reference.elements[0]
                near, far = (referring.name, element.parent.name), (element.column.table.name, element.column.name)
                if (table, column) in (near, far):
                    yield referring.name, str(reference.name), far if near == (table, column) else near

    def fits(self, column: Column[object], value: str) -> bool:
        """Whether a value, given as SQL, keeps to the column's checks."""
        conditions = " AND ".join(f"coalesce({condition}, true)" for condition in _checks(column)) or "true"
        source = f"(SELECT {value} AS {quoted_name(column.name)}) AS candidate"
        return bool(self.rows.session.value(spaced("SELECT", conditions, "FROM", source)))

    def filling(self, column: Column[object]) -> str:
        """What could stand in rows that have no value, as SQL; empty where nothing fits."""
        neutral: str = column.info[NEUTRAL]
        return neutral if neutral and self.fits(column, neutral) else ""


def _checks(column: Column[object]) -> Iterator[str]:
    table: Table = column.table
    for constraint in table.constraints:
        if isinstance(constraint, CheckConstraint) and constraint.info[RULE].fields == (column.name,):
            yield condition_of(constraint)


def kind_in_words(column: Column[object]) -> str:
    """`text, may be null`."""
    return f"{type_name(column.type).lower()}, {'may be null' if column.nullable else 'never null'}"


def counted(count: int, word: str) -> str:
    """`1 row`, `1,200 rows`."""
    plural = "es" if word.endswith("x") else "s"
    return f"{count:,} {word}{'' if count == 1 else plural}"
