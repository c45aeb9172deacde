"""Writes SQLAlchemy's definitions as plain SQL text for Postgres: no parameters, no doubled percent signs."""

from functools import cache

from sqlalchemy import make_url
from sqlalchemy.engine import Dialect
from sqlalchemy.sql.ddl import ExecutableDDLElement


@cache
def plain_dialect() -> Dialect:
    """Postgres as SQLAlchemy speaks it; this parameter style is the one that leaves a percent sign alone."""
    kind = make_url("postgresql+psycopg2://").get_dialect()
    return kind(paramstyle="named")  # type: ignore[call-arg]  # the interface leaves out what its one implementation takes


def definition(statement: ExecutableDDLElement) -> str:
    """The statement's text, without a semicolon."""
    return str(statement.compile(dialect=plain_dialect())).strip()


def quoted_name(name: str) -> str:
    """A table's, column's or constraint's name, in quotes where Postgres needs them."""
    return plain_dialect().identifier_preparer.quote(name)
