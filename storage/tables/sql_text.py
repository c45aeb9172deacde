"""Writes SQLAlchemy's definitions as plain SQL text for Postgres: no parameters, no doubled percent signs."""

from functools import cache
from typing import Any

from sqlalchemy import CheckConstraint, Column, DefaultClause, make_url
from sqlalchemy.engine import Dialect
from sqlalchemy.sql.ddl import CreateColumn, ExecutableDDLElement
from sqlalchemy.types import TypeEngine


@cache
def plain_dialect() -> Dialect:
    """Postgres as SQLAlchemy speaks it; this parameter style is the one that leaves a percent sign alone."""
    kind = make_url("postgresql+psycopg2://").get_dialect()
    return kind(paramstyle="named")  # type: ignore[call-arg]  # the interface leaves out what its one implementation takes


def definition(statement: ExecutableDDLElement) -> str:
    """The statement's text, without a semicolon. No constant in it bears a tab or a line feed: see sql_literals."""
    return str(statement.compile(dialect=plain_dialect())).strip().replace("\t", "    ").replace(", \n", ",\n")


def column_definition(column: Column[Any]) -> str:
    """`color TEXT DEFAULT 'red'::text NOT NULL`."""
    return str(CreateColumn(column).compile(dialect=plain_dialect())).strip()


def condition_of(constraint: CheckConstraint) -> str:
    """A check's condition as SQL."""
    return str(constraint.sqltext.compile(dialect=plain_dialect()))


def type_name(kind: TypeEngine[Any]) -> str:
    """What Postgres calls a column's type: `NUMERIC(12, 2)`."""
    return kind.compile(dialect=plain_dialect())


def default_of(column: Column[Any]) -> str | None:
    """A declared column's default as SQL; None where it has none or counts by itself."""
    default = column.server_default
    if not isinstance(default, DefaultClause) or isinstance(default.arg, str):
        return None
    return str(default.arg.compile(dialect=plain_dialect()))


def quoted_name(name: str) -> str:
    """A table's, column's or constraint's name, in quotes where Postgres needs them."""
    return plain_dialect().identifier_preparer.quote(name)


def spaced(*parts: str) -> str:
    """One statement from its parts, which are keywords of ours and names already quoted; never a caller's value."""
    return " ".join(parts)
