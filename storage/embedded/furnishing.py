"""What a new cluster of the embedded Postgres is given: its roles and the service's database."""

import hashlib
from contextlib import closing
from typing import Any

import psycopg2
from psycopg2 import sql

OWNER = "mainstay"
"""Makes and owns the tables; migrations and loads run as it."""
DATABASE = "mainstay"

_SERVES = "serves_"
_NAME_BYTES_AT_MOST = 63
_DIGEST_BYTES = 8
_PROBE_SECONDS = 2


def serving_role(service: str) -> str:
    """The role one service is served as: no two services of a folder can read each other's tables.

    >>> serving_role("shop")
    'serves_shop'
    """
    name = f"{_SERVES}{service}"
    if len(name.encode()) <= _NAME_BYTES_AT_MOST:
        return name
    digest = hashlib.blake2b(service.encode(), digest_size=_DIGEST_BYTES).hexdigest()
    return f"{name[: _NAME_BYTES_AT_MOST - len(digest) - 1]}_{digest}"


def furnish(superuser_dsn: str, *, role: str) -> None:
    """Make what is missing, `role` too unless it is empty; raises psycopg2.Error while the server does not serve.

    Each statement may have been run already: a crash between two leaves nothing to mend.
    """
    with closing(psycopg2.connect(superuser_dsn, connect_timeout=_PROBE_SECONDS)) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            for name in filter(None, (OWNER, role)):
                _ensure_role(cursor, name)
            cursor.execute("SELECT FROM pg_database WHERE datname = %s", (DATABASE,))
            if not cursor.rowcount:
                cursor.execute(f"CREATE DATABASE {DATABASE} OWNER {OWNER}")
            # Not even a temporary table is made by whoever only serves.
            cursor.execute("SELECT has_database_privilege('public', %s, 'TEMPORARY')", (DATABASE,))
            if cursor.fetchone() == (True,):
                cursor.execute(f"REVOKE TEMPORARY ON DATABASE {DATABASE} FROM PUBLIC")


def _ensure_role(cursor: Any, name: str) -> None:
    cursor.execute("SELECT FROM pg_roles WHERE rolname = %s", (name,))
    if not cursor.rowcount:
        cursor.execute(sql.SQL("CREATE ROLE {} LOGIN").format(sql.Identifier(name)))
