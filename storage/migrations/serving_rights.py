"""What the role that serves may do in the database, and nothing besides: the one place where its rights are listed.

It owns nothing. It cannot make, change or drop a table, read the tables of others, or reach what the server itself can.
"""

import json
from collections.abc import Iterable, Mapping
from importlib.resources import files
from types import MappingProxyType

from storage.migrations.session import Session
from storage.tables.sql_text import quoted_name

INTERNAL_SCHEMA = "mainstay_internal"

READ = ("SELECT",)
CHANGE = ("SELECT", "INSERT", "UPDATE", "DELETE")
NOTHING = ()

INTERNAL_RIGHTS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "applied_schema": READ,
        "owned_table": READ,
        "applied_revision": NOTHING,
        "secret": READ,
        "api_key": ("SELECT", "INSERT", "UPDATE"),
        "account": ("SELECT", "INSERT", "UPDATE"),
        "account_session": CHANGE,
        "signing_key": ("SELECT", "INSERT"),
        "kept_answer": CHANGE,
        "subject_request": NOTHING,
        "audit_entry": ("SELECT", "INSERT"),
    }
)
"""To each table of our own schema (ledger.sql); a table that is missing here cannot be used while serving."""


def missing_grants(session: Session, role: str, *, tables: Iterable[str]) -> list[str]:
    """The statements that give a role what it lacks to serve these tables, those that exist; none once it has all.

    Raises StatementFailed where there is no such role.
    """
    internal = [
        {"schema_name": INTERNAL_SCHEMA, "table_name": table, "rights": rights}
        for table, rights in INTERNAL_RIGHTS.items()
    ]
    own = [{"schema_name": None, "table_name": table, "rights": CHANGE} for table in sorted(tables)]
    statement = files(__package__).joinpath("serving_rights.sql").read_text()
    found = session.rows(statement, (role, json.dumps([*internal, *own])))
    return [f"GRANT {rights} ON {kind} {name} TO {quoted_name(role)}" for kind, name, rights in found]


def grant_missing(session: Session, role: str, *, tables: Iterable[str]) -> list[str]:
    """Give a role what it lacks, all of it or nothing; the statements that did so. Raises StatementFailed."""
    statements = missing_grants(session, role, tables=tables)
    if statements:
        with session.transaction():
            for statement in statements:
                session.run(statement)
    return statements
