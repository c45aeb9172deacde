"""The embedded Postgres: how its cluster is made, how it is run, when it serves."""

import asyncio
import os
import shutil
import signal
from contextlib import closing
from pathlib import Path
from typing import Literal

import psycopg2

from storage.embedded.account import Account, with_a_name
from storage.embedded.binaries import find_postgres
from storage.embedded.child import Child, Command, Farewell
from storage.embedded.failures import EmbeddedFailed
from storage.embedded.folders import give_tree, make_private, require_private
from storage.embedded.orphans import evict
from storage.embedded.program_log import ProgramLog

SUPERUSER = "postgres"
_ROLE = "mainstay"
_DATABASE = "mainstay"
_PORT = 5432  # only a part of the socket's name

_CLUSTER_OPTIONS = (
    f"--username={SUPERUSER}",
    # Whoever can enter the 0700 socket folder is the servers' owner or root: a password would guard nothing more.
    "--auth=trust",
    "--encoding=UTF8",
    # Postgres's own: sorts by code point, knows Unicode's letters, and never changes with the system's libraries.
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    "--locale=C",
    "--data-checksums",
    "--no-instructions",
)

_SETTINGS = {
    "listen_addresses": "",
    "port": str(_PORT),
    "unix_socket_permissions": "0700",
    "max_connections": "100",
    "shared_buffers": "128MB",
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
        self._cluster = data_dir / "postgres"
        self._unfinished = data_dir / "postgres.unfinished"
        self._sockets = sockets
        self._account = account
        self.log = ProgramLog(data_dir / "postgres.log", account)

    @property
    def dsn(self) -> str:
        """A libpq keyword string for the service's own role and database."""
        return self._dsn(user=_ROLE, database=_DATABASE)

    async def prepare(self) -> None:
        """End what a killed run left, make the cluster if there is none, and clear what a dead server left."""
        if not self._cluster.exists():
            await self._make_cluster()
        if self._cluster.stat().st_uid == 0:  # a backup that root unpacked
            give_tree(self._cluster, self._account)
        require_private(self._cluster, self._account)
        await evict(self._cluster, self._program.name, self.farewell)
        self._forget_dead_server()

    def command(self) -> Command:
        """How to run it; told to shut down fast if we die."""
        places = {"unix_socket_directories": '"{}"'.format(os.fspath(self._sockets).replace('"', '""'))}
        settings = [word for name, value in (_SETTINGS | places).items() for word in ("-c", f"{name}={value}")]
        return Command(
            program=self._program,
            arguments=["-D", os.fspath(self._cluster), *settings],
            folder=self._cluster,
            account=self._account,
            death_signal=signal.SIGINT,
        )

    async def is_ready(self) -> bool:
        """Whether it takes statements; makes sure that the role and the database exist."""
        if not (self._sockets / f".s.PGSQL.{_PORT}").exists():
            return False
        try:
            await asyncio.to_thread(self._furnish)
        except psycopg2.OperationalError:  # not listening yet, replaying its log, or gone again
            return False
        return True

    async def _make_cluster(self) -> None:
        """Run initdb in a folder of another name, so that a cluster under its own name is always a whole one."""
        if self._unfinished.exists():
            await evict(self._unfinished, self._program.name, self.farewell[-1:])
            shutil.rmtree(self._unfinished)
        maker = with_a_name(self._account)
        make_private(self._unfinished, maker)
        output = self.log.open()
        try:
            child = Child(self._initdb(maker), output=output)
        finally:
            os.close(output)
        try:
            code = await child.wait()
        except asyncio.CancelledError:
            await child.end(self.farewell[-1:])
            raise
        if code != 0:
            raise EmbeddedFailed(f"initdb ended with code {code}. The end of {self.log.path}:\n{self.log.tail()}")
        give_tree(self._unfinished, self._account)
        self._unfinished.rename(self._cluster)

    def _initdb(self, maker: Account) -> Command:
        return Command(
            program=self._program.with_name("initdb"),
            arguments=["-D", os.fspath(self._unfinished), *_CLUSTER_OPTIONS],
            folder=self._unfinished,
            account=maker,
            death_signal=signal.SIGKILL,
        )

    def _forget_dead_server(self) -> None:
        """Remove pid files whose process lives. No server works here, so they name somebody else's process.

        Postgres believes any live pid in them and would refuse to start. It clears those of dead processes by itself,
        after it has looked for left-over shared memory: that second look is worth keeping.
        """
        for file in (self._cluster / "postmaster.pid", self._sockets / f".s.PGSQL.{_PORT}.lock"):
            if file.exists():
                first = file.read_text(errors="replace").partition("\n")[0].strip().lstrip("-")
                if not first.isdigit() or Path("/proc", first).exists():
                    file.unlink()

    def _furnish(self) -> None:
        # Two statements that may each have been run already: a crash between them leaves nothing to mend.
        with closing(psycopg2.connect(self._dsn(user=SUPERUSER, database="postgres"))) as connection:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute("SELECT FROM pg_roles WHERE rolname = %s", (_ROLE,))
                if not cursor.rowcount:
                    cursor.execute(f"CREATE ROLE {_ROLE} LOGIN")
                cursor.execute("SELECT FROM pg_database WHERE datname = %s", (_DATABASE,))
                if not cursor.rowcount:
                    cursor.execute(f"CREATE DATABASE {_DATABASE} OWNER {_ROLE}")

    def _dsn(self, *, user: str, database: str) -> str:
        host = os.fspath(self._sockets).replace("\\", "\\\\").replace("'", "\\'")
        return f"host='{host}' port={_PORT} user={user} dbname={database} connect_timeout={_PROBE_SECONDS}"
