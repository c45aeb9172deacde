"""The embedded Postgres: how it is run, what it listens to, when it serves."""

import asyncio
import os
import signal
from contextlib import closing
from pathlib import Path
from typing import Literal

import psycopg2

from storage.embedded.account import Account
from storage.embedded.binaries import find_postgres
from storage.embedded.child import Command, Farewell
from storage.embedded.cluster import SUPERUSER, Cluster
from storage.embedded.orphans import evict
from storage.embedded.program_log import ProgramLog

_ROLE = "mainstay"
_DATABASE = "mainstay"
_PORT = 5432  # only a part of the socket's name

_SETTINGS = {
    "listen_addresses": "",
    "port": str(_PORT),
    "unix_socket_permissions": "0700",
    "max_connections": "100",
    "shared_buffers": "128MB",
    # Files in the cluster's folder, not in /dev/shm: containers give that 64 MB, and kill -9 leaves its files there.
    "dynamic_shared_memory_type": "mmap",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "cluster_name": "mainstay",
    # Starts, stops, crashes. A refused statement is the caller's business and may hold people's data.
    "log_min_messages": "log",
    "log_min_error_statement": "panic",
    "log_checkpoints": "off",
    "log_line_prefix": "%m [%p] ",
}
_PROBE_SECONDS = 2


class PostgresServer:
    """Postgres with its cluster in `postgres` of the data folder and its socket in `sockets`."""

    name: Literal["postgres"] = "postgres"
    # Fast shutdown: sessions are cut off and all is written. Then immediate: the next start replays the log.
    farewell = (
        Farewell(signal=signal.SIGINT, wait_seconds=15.0),
        Farewell(signal=signal.SIGQUIT, wait_seconds=6.0),
        Farewell(signal=signal.SIGKILL, wait_seconds=5.0),
    )

    def __init__(self, data_dir: Path, *, sockets: Path, account: Account) -> None:
        self._program = find_postgres()
        self._sockets = sockets
        self._account = account
        self.log = ProgramLog(data_dir / "postgres.log", account)
        self._cluster = Cluster(data_dir, program=self._program, account=account, log=self.log)

    @property
    def dsn(self) -> str:
        """A libpq keyword string for the service's own role and database."""
        return dsn_at(self._sockets)

    async def prepare(self) -> None:
        """Make the cluster if there is none, and end what a killed run left."""
        await self._cluster.ensure()
        await evict(self._cluster.folder, self._program.name, steps=self.farewell)
        self._cluster.forget_dead_server(self._sockets, _PORT)

    def command(self) -> Command:
        """How to run it; told to shut down fast if we die."""
        places = {"unix_socket_directories": '"{}"'.format(os.fspath(self._sockets).replace('"', '""'))}
        settings = [word for name, value in (_SETTINGS | places).items() for word in ("-c", f"{name}={value}")]
        return Command(
            program=self._program,
            arguments=["-D", os.fspath(self._cluster.folder), *settings],
            folder=self._cluster.folder,
            account=self._account,
            reaches=[self._sockets],
            death_signal=signal.SIGINT,
        )

    async def why_not_ready(self) -> str | None:
        """None once it takes statements and the role and the database exist."""
        if not listens_at(self._sockets):
            return "it does not listen yet"
        try:
            await asyncio.to_thread(self._furnish)
        except psycopg2.Error as error:  # it is replaying its log, or gone again
            return str(error).strip()
        return None

    def _furnish(self) -> None:
        # Two statements that may each have been run already: a crash between them leaves nothing to mend.
        dsn = dsn_at(self._sockets, user=SUPERUSER, database="postgres")
        with closing(psycopg2.connect(dsn, connect_timeout=_PROBE_SECONDS)) as connection:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute("SELECT FROM pg_roles WHERE rolname = %s", (_ROLE,))
                if not cursor.rowcount:
                    cursor.execute(f"CREATE ROLE {_ROLE} LOGIN")
                cursor.execute("SELECT FROM pg_database WHERE datname = %s", (_DATABASE,))
                if not cursor.rowcount:
                    cursor.execute(f"CREATE DATABASE {_DATABASE} OWNER {_ROLE}")


def listens_at(sockets: Path) -> bool:
    """Whether a Postgres has its socket in this folder."""
    return (sockets / f".s.PGSQL.{_PORT}").exists()


def dsn_at(sockets: Path, *, user: str = _ROLE, database: str = _DATABASE) -> str:
    """A libpq keyword string for the Postgres whose socket is in this folder."""
    host = os.fspath(sockets).replace("\\", "\\\\").replace("'", "\\'")
    return f"host='{host}' port={_PORT} user={user} dbname={database}"
