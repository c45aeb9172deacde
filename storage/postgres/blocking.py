"""A plain psycopg2 connection for long work on a thread of its own, beside the pool and its budgets."""

from types import MappingProxyType
from typing import Any

import psycopg2
from psycopg2.extensions import parse_dsn

from storage.postgres.hosts import hosts_of

CONNECT_TIMEOUT_SECONDS = 10

_SETTINGS = MappingProxyType(
    {
        "statement_timeout": "0",  # an index on a large table, or a large file, takes as long as it takes
        "idle_in_transaction_session_timeout": "0",
        "client_connection_check_interval": "1s",  # what a killed process held is let go of within that time
        "standard_conforming_strings": "on",
        "TimeZone": "UTC",
    }
)


def connect_blocking(dsn: str, *, application_name: str) -> Any:
    """Connect to the database at `dsn` (libpq keywords or a URL), whose own names win; raises psycopg2.Error."""
    given = parse_dsn(dsn)
    options = " ".join(f"-c {name}={value}" for name, value in _SETTINGS.items())
    ours = {
        "application_name": application_name,
        "connect_timeout": CONNECT_TIMEOUT_SECONDS,
        "target_session_attrs": "any" if hosts_of(dsn) == [{}] else "read-write",
    }
    missing = {name: value for name, value in ours.items() if name not in given}
    return psycopg2.connect(
        dsn, **missing, client_encoding="UTF8", options=f"{options} {given.get('options', '')}".rstrip()
    )
