"""Whether a text is a Postgres address, said without quoting it: libpq's own complaints show parts of passwords."""

from psycopg2 import Error
from psycopg2.extensions import parse_dsn

from storage.postgres.hosts import UNEVEN, hosts_of

_NO_DSN = (
    "is neither a postgresql:// URL nor libpq keywords such as host=… user=… password='…';"
    " in a URL a password's / @ % are written %2F %40 %25"
)


def place_of(dsn: str) -> str:
    """Which database it leads to, for people: no user, no password."""
    given = parse_dsn(dsn)
    host, port = given.get("host", "the local socket"), given.get("port", "")
    name = given.get("dbname") or given.get("user", "")
    return f"{name or 'the default database'} on {host}{port and f':{port}'}"


def dsn_fault(dsn: str) -> str:
    """What is wrong with it, in words that follow its name; empty if nothing is."""
    try:
        given = parse_dsn(dsn)
    except Error:
        return _NO_DSN
    # A password's @ or / cuts a URL elsewhere than meant: its rest would go out as a host or a port.
    is_host, is_port = "@" not in given.get("host", ""), given.get("port", "0").replace(",", "").isdigit()
    if not (is_host and is_port):
        return _NO_DSN
    try:
        hosts_of(dsn)
    except ValueError:
        return UNEVEN
    return ""
