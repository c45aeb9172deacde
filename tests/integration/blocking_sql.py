"""Asking Postgres from a test that is no coroutine: one connection a statement."""

from itertools import count
from typing import Any

from psycopg2.extensions import make_dsn

from storage.migrations.session import connected

_NUMBERS = count()


def run(dsn: str, *statements: str) -> None:
    """Run statements, each by itself."""
    with connected(dsn) as session:
        for statement in statements:
            session.run(statement)


def rows(dsn: str, question: str) -> list[tuple[Any, ...]]:
    """The answer."""
    with connected(dsn) as session:
        return session.rows(question)


def fresh_schema(database: str) -> str:
    """A DSN whose tables lie in a schema of their own, which is quicker to make than a database."""
    name = f"schema_{next(_NUMBERS)}"
    run(database, f"CREATE SCHEMA {name}")
    return str(make_dsn(database, options=f"-csearch_path={name}"))
