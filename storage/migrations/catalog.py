"""What Postgres' catalog says is there now: names, what they are about, what is half-made, and whose it is."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from storage.migrations.session import Session

TABLE = "r"
"""What pg_class calls an ordinary table."""
INDEX = "i"
KEY, REFERENCE, CHECK = "p", "f", "c"
"""What pg_constraint calls a primary key, a foreign key and a check."""
RELATION_WORDS = {
    "p": "partitioned table",
    "v": "view",
    "m": "materialized view",
    "f": "foreign table",
    "S": "sequence",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundRule:
    """A constraint, or an index that stands behind none."""

    name: str
    kind: str
    complete: bool
    """False for a constraint not yet checked against the rows there, and an index whose making was interrupted."""
    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Referrer:
    """A foreign key that points at this table; of another table or of its own."""

    table: str
    constraint: str
    same_schema: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundTable:
    """One relation of the schema."""

    name: str
    kind: str
    owner: str
    """The service that made it; empty for somebody else's."""
    columns: tuple[str, ...]
    rules: Mapping[str, FoundRule]
    referrers: tuple[Referrer, ...]

    @property
    def unfinished_indexes(self) -> frozenset[str]:
        """Indexes whose making was interrupted."""
        return frozenset(rule.name for rule in self.rules.values() if rule.kind == INDEX and not rule.complete)

    @property
    def unvalidated(self) -> frozenset[str]:
        """Constraints the rows there have not been checked against."""
        return frozenset(rule.name for rule in self.rules.values() if rule.kind != INDEX and not rule.complete)

    @property
    def key(self) -> FoundRule | None:
        """The primary key."""
        return next((rule for rule in self.rules.values() if rule.kind == KEY), None)


def read_catalog(session: Session, names: Collection[str], *, owners: Mapping[str, str]) -> Mapping[str, FoundTable]:
    """Those of these relations that the schema has which the session's search_path starts with, by name."""
    found: dict[str, FoundTable] = {}
    statement = files(__package__).joinpath("catalog.sql").read_text()
    for name, kind, columns, constraints, indexes, referrers in session.rows(statement, (sorted(names),)):
        found[name] = FoundTable(
            name=name,
            kind=kind,
            owner=owners.get(name, ""),
            columns=tuple(columns),
            rules={rule[0]: _rule(rule) for rule in (*indexes, *constraints)},
            referrers=tuple(
                Referrer(table=table, constraint=rule, same_schema=same) for table, rule, same in referrers
            ),
        )
    return found


def _rule(row: Sequence[Any]) -> FoundRule:
    name, kind, complete, columns = row
    return FoundRule(name=name, kind=kind, complete=complete, columns=tuple(columns))
