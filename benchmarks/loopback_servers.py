"""Postgres and Valkey on TCP ports of this machine, as a service reaches them over a network; gone when left."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

import psycopg2

from benchmarks.ports import HOST, free_port
from storage.embedded import Endpoints
from storage.embedded.account import Account, account_for, with_a_name
from storage.embedded.binaries import find_postgres, find_valkey
from storage.embedded.child import Child, Command, Farewell
from storage.embedded.folders import give_tree, make_private

_USER = "postgres"
_START_SECONDS = 30.0
_ASK_AGAIN_SECONDS = 0.05
_END = (Farewell(signal=signal.SIGINT, wait_seconds=10.0), Farewell(signal=signal.SIGKILL, wait_seconds=5.0))
_POSTGRES_SETTINGS = {
    "listen_addresses": HOST,
    "unix_socket_directories": "",
    "dynamic_shared_memory_type": "mmap",
    "shared_buffers": "512MB",
    "max_connections": "200",
}
_VALKEY_SETTINGS = {"bind": HOST, "save": "", "appendonly": "no", "loglevel": "warning"}


class ServersFailed(Exception):  # noqa: N818 - it says what happened
    """Postgres or Valkey did not start."""


@asynccontextmanager
async def loopback_servers(folder: Path) -> AsyncIterator[Endpoints]:
    """Run both on free ports, their files in `folder`, readable by nobody else. Raises ServersFailed."""
    make_private(folder, account_for(folder))
    start = _Start(folder=folder, account=account_for(folder))
    await start.cluster()
    postgres_port, valkey_port = free_port(), free_port()
    dsn = f"postgresql://{_USER}@{HOST}:{postgres_port}/{_USER}"
    postgres = start.postgres(postgres_port)
    valkey = start.valkey(valkey_port)
    try:
        await _until_it_listens(dsn, postgres)
        yield Endpoints(postgres_dsn=dsn, redis_url=f"redis://{HOST}:{valkey_port}/0")
    finally:
        await valkey.end(_END)
        await postgres.end(_END)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Start:
    """How the two are run."""

    folder: Path
    account: Account

    async def cluster(self) -> None:
        """Make an empty cluster; whoever is on this machine may use it while it runs."""
        options = ("--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync", "--no-instructions")
        arguments = ("-D", os.fspath(self._data), f"--username={_USER}", *options)
        child = self._child("initdb", find_postgres().with_name("initdb"), arguments, account=with_a_name(self.account))
        if await child.wait(_START_SECONDS) != 0:
            raise ServersFailed((self.folder / "initdb.log").read_text())
        give_tree(self._data, self.account)

    def postgres(self, port: int) -> Child:
        settings = (f"{name}={value}" for name, value in {**_POSTGRES_SETTINGS, "port": str(port)}.items())
        arguments = ["-D", os.fspath(self._data), *(word for one in settings for word in ("-c", one))]
        return self._child("postgres", find_postgres(), arguments)

    def valkey(self, port: int) -> Child:
        settings: Mapping[str, str] = {**_VALKEY_SETTINGS, "port": str(port), "dir": os.fspath(self._data)}
        arguments = [word for name, value in settings.items() for word in (f"--{name}", value)]
        return self._child("valkey", find_valkey(), arguments)

    @property
    def _data(self) -> Path:
        return self.folder / "cluster"

    def _child(self, name: str, program: Path, arguments: Sequence[str], *, account: Account | None = None) -> Child:
        make_private(self._data, account or self.account)
        command = Command(
            program=program,
            arguments=arguments,
            folder=self._data,
            account=account or self.account,
            death_signal=signal.SIGKILL,
        )
        with (self.folder / f"{name}.log").open("ab") as output:
            return Child(command, output=output.fileno())


async def _until_it_listens(dsn: str, postgres: Child) -> None:
    latest = monotonic() + _START_SECONDS
    while True:
        try:
            connection = await asyncio.to_thread(psycopg2.connect, dsn)
        except psycopg2.OperationalError as error:
            if monotonic() > latest or await postgres.wait(_ASK_AGAIN_SECONDS) is not None:
                raise ServersFailed(str(error)) from error
        else:
            connection.close()
            return
