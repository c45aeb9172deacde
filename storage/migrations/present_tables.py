"""The database as it will be called once the renames are done, shown to Alembic: our tables, our constraints."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import MetaData
from sqlalchemy.dialects.postgresql.base import PGInspector

from storage.migrations.catalog import FoundTable
from storage.migrations.present_names import PresentNames
from storage.tables.constraint_names import is_ours

PRESENT = "mainstay_present"
"""Where a SQLAlchemy connection's `info` keeps the PresentTables its inspector is to show."""

Reflected = dict[str, Any]
"""What SQLAlchemy says of one column, constraint or index."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PresentTables:
    """The tables a plan is about, by the names they will have: those declared and those this service made."""

    names: PresentNames
    tables: Mapping[str, FoundTable]


def present_tables(
    metadata: MetaData, catalog: Mapping[str, FoundTable], *, names: PresentNames, service: str
) -> PresentTables:
    """Choose them from the catalog; nobody else's tables are among them unless the service declares their name."""
    leaving = set(names.tables.values())
    renamed = {declared: catalog[present] for declared, present in names.tables.items()}
    staying = {
        name: found
        for name, found in catalog.items()
        if name not in leaving and (name in metadata.tables or found.owner == service)
    }
    return PresentTables(names=names, tables={**staying, **renamed})


class PresentInspector(PGInspector):
    """SQLAlchemy's inspector, speaking the names of PresentTables; SQLAlchemy makes it from the dialect's `inspector`.

    Constraints and indexes that were not named by us are left out, and so are indexes whose making was interrupted.
    """

    @property
    def _present(self) -> PresentTables:
        shown: PresentTables = self.bind.info[PRESENT]  # type: ignore[union-attr]  # what is inspected is a connection
        return shown

    def get_table_names(self, schema: str | None = None, **_options: Any) -> list[str]:
        """The tables a plan is about."""
        return sorted(self._present.tables) if schema is None else []

    def get_multi_columns(self, *_arguments: Any, **options: Any) -> Any:
        """Columns by their declared names."""
        return self._shown(super().get_multi_columns, self._columns, options=options)

    def get_multi_pk_constraint(self, *_arguments: Any, **options: Any) -> Any:
        """Keys by their declared names."""
        return self._shown(super().get_multi_pk_constraint, self._key, options=options)

    def get_multi_foreign_keys(self, *_arguments: Any, **options: Any) -> Any:
        """Our references by their declared names."""
        return self._shown(super().get_multi_foreign_keys, self._references, options=options)

    def get_multi_unique_constraints(self, *_arguments: Any, **options: Any) -> Any:
        """Our unique constraints by their declared names."""
        return self._shown(super().get_multi_unique_constraints, self._rules, options=options)

    def get_multi_check_constraints(self, *_arguments: Any, **options: Any) -> Any:
        """Our checks by their declared names."""
        return self._shown(super().get_multi_check_constraints, self._checks, options=options)

    def get_multi_indexes(self, *_arguments: Any, **options: Any) -> Any:
        """Our indexes by their declared names."""
        return self._shown(super().get_multi_indexes, self._rules, options=options)

    def get_multi_table_comment(self, *_arguments: Any, **options: Any) -> Any:
        """Comments as they are."""
        return self._shown(super().get_multi_table_comment, _as_it_is, options=options)

    def get_multi_table_options(self, *_arguments: Any, **options: Any) -> Any:
        """Options as they are."""
        return self._shown(super().get_multi_table_options, _as_it_is, options=options)

    def _shown(self, read: Callable[..., Any], translate: Callable[[str, Any], Any], *, options: Reflected) -> Any:
        tables = self._present.tables
        wanted = options.pop("filter_names", None) or sorted(tables)
        raw = read(filter_names=[tables[table].name for table in wanted], **options)
        schema = options.get("schema")
        keys = [(table, (schema, tables[table].name)) for table in wanted]
        return {(schema, table): translate(table, raw[key]) for table, key in keys if key in raw}

    def _columns(self, table: str, found: list[Reflected]) -> list[Reflected]:
        names = self._present.names
        return [{**column, "name": names.declared_column(table, column["name"])} for column in found]

    def _key(self, table: str, found: Reflected) -> Reflected:
        return {**found, "constrained_columns": self._named(table, found["constrained_columns"])}

    def _references(self, table: str, found: list[Reflected]) -> list[Reflected]:
        shown = []
        for reference in self._rules(table, found):
            target = self._present.names.declared_table(reference["referred_table"])
            local = self._named(table, reference["constrained_columns"])
            remote = self._named(target, reference["referred_columns"])
            names = {"constrained_columns": local, "referred_table": target, "referred_columns": remote}
            shown.append({**reference, **names})
        return shown

    def _checks(self, table: str, found: list[Reflected]) -> list[Reflected]:
        """Without the mark of one not yet checked against the rows, which SQLAlchemy's own CheckConstraint refuses."""
        return [
            {name: value for name, value in check.items() if name != "dialect_options"}
            for check in self._rules(table, found)
        ]

    def _rules(self, table: str, found: list[Reflected]) -> list[Reflected]:
        """Uniques, checks and indexes."""
        half_made = self._present.tables[table].unfinished_indexes
        shown = []
        for rule in found:
            if not is_ours(rule["name"]) or rule["name"] in half_made:
                continue
            named = {**rule, "name": self._present.names.declared_rule(table, rule["name"])}
            if "column_names" in rule:
                named["column_names"] = self._named(table, rule["column_names"])
            shown.append(named)
        return shown

    def _named(self, table: str, columns: list[str]) -> list[str]:
        return [self._present.names.declared_column(table, column) for column in columns]


def _as_it_is(_table: str, found: Any) -> Any:
    return found
