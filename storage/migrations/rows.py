"""Counts the rows that stand in a step's way, before anything is changed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import MetaData

from storage.migrations.present_tables import PresentTables
from storage.migrations.session import Session
from storage.migrations.stopped import StatementFailed
from storage.tables.sql_text import quoted_name, spaced

UNREADABLE = ("22", "42")
"""Data exceptions; and casts and comparisons that do not exist (PostgreSQL manual, appendix A)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """The rows of the present tables, seen as they will be after renames, new columns and changed types.

    `values` says, as SQL over the present row, what a declared table's column will hold where that is not simply
    what its present column holds.
    """

    session: Session
    metadata: MetaData
    present: PresentTables
    values: Mapping[tuple[str, str], str]
    _empty: dict[str, bool] = field(default_factory=dict)

    def is_empty(self, table: str) -> bool:
        """Whether the table has no rows; true where there is no such table yet."""
        if table not in self._empty:
            found = self.present.tables.get(table)
            question = spaced("SELECT NOT EXISTS (SELECT FROM", quoted_name(found.name), ")") if found else ""
            self._empty[table] = found is None or bool(self.session.value(question))
        return self._empty[table]

    def all_of(self, table: str) -> int:
        """How many there are."""
        return self._where(table, (), condition="true")

    def with_value(self, table: str, column: str) -> int:
        """How many have a value in a present column."""
        found = self.present.tables[table]
        return self._one(spaced(f"SELECT count({quoted_name(column)})", "FROM", quoted_name(found.name)))

    def without_value(self, table: str, column: str) -> int:
        """How many would have none."""
        return self._where(table, (column,), condition=f"{quoted_name(column)} IS NULL")

    def breaking(self, table: str, columns: Sequence[str], *, condition: str) -> int:
        """How many would break a check."""
        return self._where(table, columns, condition=f"NOT ({condition})")

    def sharing(self, table: str, columns: Sequence[str]) -> int:
        """How many would share these values with another; nulls are shared with nobody."""
        if self.is_empty(table):
            return 0
        names = ", ".join(map(quoted_name, columns))
        valued = " AND ".join(f"{quoted_name(column)} IS NOT NULL" for column in columns)
        source = self._source(table, columns)
        groups = spaced(
            "SELECT count(*) AS size FROM", source, "WHERE", valued, "GROUP BY", names, "HAVING count(*) > 1"
        )
        return self._count(spaced("SELECT coalesce(sum(size), 0) FROM (", groups, ") AS groups"))

    def without_target(self, table: str, column: str, *, target: str, key: str) -> int:
        """How many would refer to a row that is not there."""
        name = quoted_name(column)
        if self.is_empty(target):
            return self._where(table, (column,), condition=f"{name} IS NOT NULL")
        known = spaced("SELECT", quoted_name(key), "FROM", self._source(target, (key,)))
        return self._where(table, (column,), condition=f"{name} NOT IN ({known})")

    def changing(self, table: str, column: str, *, old_type: str) -> int | None:
        """How many hold a value that would not survive the change of type; None where some cannot even be read so."""
        found = self.present.tables[table]
        value, present = self.values[table, column], quoted_name(self.present.names.column(table, column))
        differs = f"({value})::text::{old_type} IS DISTINCT FROM {present}"
        return self._readable(spaced("SELECT count(*) FROM", quoted_name(found.name), "WHERE", differs))

    def _where(self, table: str, columns: Sequence[str], *, condition: str) -> int:
        if self.is_empty(table):
            return 0
        return self._count(spaced("SELECT count(*) FROM", self._source(table, columns), "WHERE", condition))

    def _source(self, table: str, columns: Sequence[str]) -> str:
        """These columns of a present table, under their declared names and with the values they will hold."""
        found = self.present.tables[table]
        shown = ", ".join(f"{self._value(table, column)} AS {quoted_name(column)}" for column in columns)
        return spaced("(SELECT", shown, "FROM", quoted_name(found.name), ") AS", quoted_name(table))

    def _value(self, table: str, column: str) -> str:
        return self.values.get((table, column)) or quoted_name(self.present.names.column(table, column))

    def _count(self, question: str) -> int:
        """A value that cannot be read as its new type stops the change of type, not the counting."""
        return self._readable(question) or 0

    def _readable(self, question: str) -> int | None:
        """The answer; None where values cannot be read as the type they would have, or compared as such."""
        try:
            return self._one(question)
        except StatementFailed as error:
            if error.sqlstate.startswith(UNREADABLE):
                return None
            raise

    def _one(self, question: str) -> int:
        return int(self.session.value(question))
