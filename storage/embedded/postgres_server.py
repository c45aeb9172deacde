"""The embedded Postgres: how it is run, what it listens to, when it serves."""

import asyncio
import os
import signal
from pathlib import Path
from typing import Literal

import psycopg2

from storage.embedded.account import Account
from storage.embedded.binaries import find_postgres
from storage.embedded.child import Command, Farewell
from storage.embedded.cluster import SUPERUSER, Cluster
from storage.embedded.furnishing import DATABASE, OWNER, furnish
from storage.embedded.orphans import evict
from storage.embedded.program_log import ProgramLog

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
    "log_error_verbosity": "terse",
    "log_checkpoints": "off",
    "log_line_prefix": "%m [%p] ",
}


class PostgresServer:
    """Postgres with its cluster in `postgres` of the data folder and its socket in `sockets`."""

    name: Literal["postgres"] = "postgres"
    # Fast shutdown: sessions are cut off and all is written. Then immediate: the next start replays the log.
    farewell = (
        Farewell(signal=signal.SIGINT, wait_seconds=15.0),
        Farewell(signal=signal.SIGQUIT, wait_seconds=6.0),
        Farewell(signal=signal.SIGKILL, wait_seconds=5.0),
    )

    def __init__(self, data_dir: Path, *, sockets: Path, account: Account, serving_role: str = "") -> None:
        self._serving_role = serving_role
        self._program = find_postgres()
        self._sockets = sockets
        self._account = account
        self.log = ProgramLog(data_dir / "postgres.log", account)
        self._cluster = Cluster(data_dir, program=self._program, account=account, log=self.log)

    @property
    def dsn(self) -> str:
        """A libpq keyword string for the role that owns the service's database."""
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
        """None once it takes statements and the roles and the database exist."""
        if not listens_at(self._sockets):
            return "it does not listen yet"
        try:
            await asyncio.to_thread(self._furnish)
        except psycopg2.Error as error:  # it is replaying its log, or gone again
            return str(error).strip()
        return None

    def _furnish(self) -> None:
        furnish(dsn_at(self._sockets, user=SUPERUSER, database="postgres"), role=self._serving_role)


def listens_at(sockets: Path) -> bool:
    """Whether a Postgres has its socket in this folder."""
    return (sockets / f".s.PGSQL.{_PORT}").exists()


def dsn_at(sockets: Path, *, user: str = OWNER, database: str = DATABASE) -> str:
    """A libpq keyword string for the Postgres whose socket is in this folder."""
    host = os.fspath(sockets).replace("\\", "\\\\").replace("'", "\\'")
    return f"host='{host}' port={_PORT} user={user} dbname={database}"
