"""How declared tables, columns, constraints and indexes are called in the database before their renames."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from sqlalchemy import MetaData, Table

from storage.migrations.catalog import TABLE, FoundTable
from storage.tables.constraint_names import constraint_name, ending_of
from storage.tables.constraints import RULE, named_items
from storage.tables.schema import RENAMED_FROM


@dataclass(frozen=True, slots=True, kw_only=True)
class PresentNames:
    """Declared name → present name, of everything to be renamed, in the order the renames can be done in."""

    tables: Mapping[str, str] = field(default_factory=dict)
    columns: Mapping[tuple[str, str], str] = field(default_factory=dict)
    """By declared table and declared column."""
    rules: Mapping[tuple[str, str], str] = field(default_factory=dict)
    """By declared table and the declared constraint's or index's name."""

    def table(self, declared: str) -> str:
        """What the table is called now."""
        return self.tables.get(declared, declared)

    def column(self, table: str, declared: str) -> str:
        """What a declared table's column is called now."""
        return self.columns.get((table, declared), declared)

    def declared_table(self, present: str) -> str:
        """What a table will be called."""
        return next((new for new, old in self.tables.items() if old == present), present)

    def declared_column(self, table: str, present: str) -> str:
        """What a declared table's column will be called."""
        names = (new for (owner, new), old in self.columns.items() if owner == table and old == present)
        return next(names, present)

    def declared_rule(self, table: str, present: str) -> str:
        """What a declared table's constraint or index will be called."""
        names = (new for (owner, new), old in self.rules.items() if owner == table and old == present)
        return next(names, present)


def present_names(metadata: MetaData, catalog: Mapping[str, FoundTable], *, service: str) -> PresentNames:
    """Follow the hints: a rename is due where the old name is there, and ours, and the new one is not."""
    ours = {name for name, found in catalog.items() if found.owner == service and found.kind == TABLE}
    hints = {table.name: table.info[RENAMED_FROM] for table in metadata.tables.values() if table.info[RENAMED_FROM]}
    tables = due({new: old for new, old in hints.items() if old in ours}, frozenset(catalog))
    columns: dict[tuple[str, str], str] = {}
    rules: dict[tuple[str, str], str] = {}
    for table in metadata.tables.values():
        found = catalog.get(tables.get(table.name, table.name))
        if found is None or (found.name in tables.values() and table.name not in tables):
            continue
        renamed = due(_column_hints(table), frozenset(found.columns))
        columns.update({(table.name, new): old for new, old in renamed.items()})
        rules.update({(table.name, new): old for new, old in _rules(table, renamed, found=found)})
    return PresentNames(tables=tables, columns=columns, rules=rules)


def due(hints: Mapping[str, str], present: frozenset[str]) -> dict[str, str]:
    """New name → old name for each hint that can be followed; what a chain of renames frees can be taken again."""
    done: dict[str, str] = {}
    names = set(present)
    while True:
        possible = (new for new, old in hints.items() if old in names and old not in done and new not in names)
        new = next(possible, None)
        if new is None:
            return done
        done[new] = hints[new]
        names.remove(hints[new])
        names.add(new)


def _column_hints(table: Table) -> dict[str, str]:
    return {column.name: column.info[RENAMED_FROM] for column in table.columns if column.info[RENAMED_FROM]}


def _rules(table: Table, renamed: Mapping[str, str], *, found: FoundTable) -> Iterator[tuple[str, str]]:
    for item in named_items(table):
        name, fields = str(item.name), item.info[RULE].fields
        old_fields = tuple(renamed.get(name, name) for name in fields)
        old = constraint_name(found.name, old_fields, ending=ending_of(name))
        if old != name and old in found.rules and name not in found.rules:
            yield name, old
