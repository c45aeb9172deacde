"""Open a connection to one host, within its budget, with the session set up in the connect itself."""

import asyncio
import socket
from collections.abc import Mapping, Sequence
from contextlib import suppress
from types import MappingProxyType
from typing import Any

import aiopg
import psycopg2
from psycopg2.extensions import parse_dsn

from middleware.errors import Unavailable
from middleware.outbound.policy import PoolPolicy
from storage.postgres.connection import PostgresConnection
from storage.postgres.hosts import Parameters
from storage.postgres.refused_connects import named
from storage.postgres.sqlstate import refused
from storage.postgres.watch import WatchedConnection

NOWHERE_ELSE: Parameters = MappingProxyType({})
APPLICATION_NAME = "mainstay"
MILLISECONDS = 1000
WIRE_FORM = {"TimeZone": "UTC", "DateStyle": "ISO", "standard_conforming_strings": "on"}
"""What the answers' form and the quoting of values rest on."""

_TOLD = {"TimeZone": "UTC", "standard_conforming_strings": "on"}
"""Those of the above of which a server says by itself, in the connect, what they are."""

SOCKET_FOLDER = ("/", "@")


async def connect(dsn: str, policy: PoolPolicy, /, *, at: Parameters = NOWHERE_ELSE) -> PostgresConnection:
    """Connect to the host's addresses in turn, each within the policy's connect budget.

    The session's settings travel with the startup message, so they cost no round trip. What the DSN itself
    sets wins over the policy's budgets, but not over the wire form; `at` says which of its hosts is meant, where it
    has several. Raises Unavailable, or Overloaded where the server has no room.
    """
    try:
        async with asyncio.timeout(policy.connect_timeout_seconds):
            addresses = await _addresses({**parse_dsn(dsn), **at})
        settings = {**session(dsn, policy), **at}
        for address in addresses[:-1]:
            with suppress(TimeoutError, psycopg2.OperationalError):
                return await _connect(dsn, policy, parameters={**settings, **address})
        return await _connect(dsn, policy, parameters={**settings, **addresses[-1]})
    except OSError as error:  # TimeoutError is one
        raise Unavailable from error
    except psycopg2.Error as error:
        raise refused(error) from named(error)


async def _addresses(given: Mapping[str, str]) -> Sequence[Mapping[str, str]]:
    """Return what makes libpq take one address each.

    Left to itself it would look names up while the event loop waits, and go from one address to the next over
    sockets that aiopg does not watch.
    """
    host = given.get("host", "")
    if not host or host.startswith(SOCKET_FOLDER) or "hostaddr" in given:
        return [{}]
    found = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return [{"hostaddr": str(address[0])} for *_, address in found]


async def _connect(dsn: str, policy: PoolPolicy, *, parameters: Mapping[str, Any]) -> PostgresConnection:
    async with asyncio.timeout(policy.connect_timeout_seconds):
        connection = WatchedConnection(
            dsn,
            policy.connect_timeout_seconds,
            enable_json=False,
            enable_hstore=False,
            enable_uuid=False,
            **parameters,
        )
        await connection
        _require_settings(connection)
        cursor = await connection.cursor()
    return PostgresConnection(connection, cursor, prepared_statements=policy.prepared_statements)


class SettingsDropped(Exception):  # noqa: N818 - it says what happened
    """What a session was to be set to did not reach the server: a pooler in between drops it."""


def _require_settings(connection: aiopg.Connection) -> None:
    """Refuse a session that would write times in another zone, or read quotes another way, than we do."""
    found = {name: connection.raw.get_parameter_status(name) for name in _TOLD}
    if found == _TOLD:
        return
    connection.close()
    words = ", ".join(f"{name} = {value}" for name, value in found.items())
    advice = "a pooler in between drops startup options; give the role the same by ALTER ROLE … SET"
    raise Unavailable from SettingsDropped(f"The session has {words}: {advice} (docs/postgres.md#pgbouncer).")


def session(dsn: str, policy: PoolPolicy) -> dict[str, Any]:
    """Return the connect parameters (libpq's names) to go with the DSN."""
    given = parse_dsn(dsn)
    ours = {
        "application_name": APPLICATION_NAME,
        "tcp_user_timeout": policy.tcp_user_timeout_milliseconds,
        "keepalives_idle": policy.keepalives_idle_seconds,
        "keepalives_interval": policy.keepalives_interval_seconds,
        "keepalives_count": policy.keepalives_count,
    }
    missing = {name: value for name, value in ours.items() if name not in given}
    options = (*_written(_budgets(policy)), given.get("options", ""), *_written(WIRE_FORM))
    return {**missing, "client_encoding": "UTF8", "options": " ".join(options)}


def _written(settings: Mapping[str, int | str]) -> Sequence[str]:
    return [f"-c {name}={value}" for name, value in settings.items()]


def _budgets(policy: PoolPolicy) -> Mapping[str, int]:
    return {
        "statement_timeout": round(policy.query_timeout_seconds * MILLISECONDS),
        "lock_timeout": round(policy.lock_timeout_seconds * MILLISECONDS),
        "idle_in_transaction_session_timeout": round(policy.idle_in_transaction_timeout_seconds * MILLISECONDS),
        "client_connection_check_interval": policy.check_interval_milliseconds,
    }
