"""A primary and a standby that has every commit before its caller is told: real servers on ports of this machine."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg2

from storage.embedded.account import Account, account_for, with_a_name
from storage.embedded.binaries import find_postgres
from storage.embedded.child import Child, Command, Farewell
from storage.embedded.folders import give_tree, make_private
from tests.ports import free_port

STANDBY_NAME = "second"
_KILL = (Farewell(signal=signal.SIGKILL, wait_seconds=5.0),)
_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "dynamic_shared_memory_type": "mmap",
    "shared_buffers": "16MB",
    "max_connections": "60",
    "wal_receiver_status_interval": "1s",
    "wal_retrieve_retry_interval": "100ms",
    "log_min_messages": "warning",
}


@dataclass(slots=True)
class Node:
    """One server; it runs between `start` and `kill`."""

    folder: Path
    account: Account
    port: int = field(default_factory=free_port)
    child: Child | None = None

    @property
    def address(self) -> str:
        """Where it listens."""
        return f"127.0.0.1:{self.port}"

    async def start(self, **settings: str) -> None:
        """Run it until it takes connections."""
        words = [
            word
            for name, value in {**_SETTINGS, "port": str(self.port), **settings}.items()
            for word in ("-c", f"{name}={value}")
        ]
        self.child = await self.begin("postgres", ["-D", os.fspath(self.folder), *words])
        while not self._listens():
            assert await self.child.wait(0.02) is None, self._log.read_text()

    async def kill(self) -> None:
        """End it as a power failure would."""
        assert self.child is not None
        await self.child.end(_KILL)

    def freeze(self) -> None:
        """Have it hang: its sockets stay, nothing answers."""
        self._signal_all(signal.SIGSTOP)

    def thaw(self) -> None:
        """Have it go on."""
        self._signal_all(signal.SIGCONT)

    async def promote(self) -> None:
        """Have a standby take writes; returns when it does."""
        await asyncio.to_thread(self.ask, "SELECT pg_promote()")

    def ask(self, statement: str) -> list[tuple[Any, ...]]:
        """Run a statement there; its rows."""
        connection = psycopg2.connect(self.dsn)
        connection.autocommit = True
        with closing(connection), connection.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchall() if cursor.description else []

    async def copy(self, primary: "Node") -> None:
        """Become a standby of another node."""
        conninfo = f"host=127.0.0.1 port={primary.port} user=postgres application_name={STANDBY_NAME}"
        await self.run("pg_basebackup", ["-d", conninfo, "-D", os.fspath(self.folder), "-R", "-c", "fast", "--no-sync"])

    async def make(self) -> None:
        """Make an empty cluster."""
        options = [
            "--username=postgres",
            "--auth=trust",
            "--encoding=UTF8",
            "--locale=C",
            "--no-sync",
            "--no-instructions",
        ]
        await self.run("initdb", ["-D", os.fspath(self.folder), *options], account=with_a_name(self.account))
        give_tree(self.folder, self.account)

    @property
    def dsn(self) -> str:
        """This node alone."""
        return f"host=127.0.0.1 port={self.port} user=postgres dbname=postgres"

    @property
    def _log(self) -> Path:
        return self.folder.with_suffix(".log")

    def _listens(self) -> bool:
        try:
            psycopg2.connect(self.dsn).close()
        except psycopg2.OperationalError:
            return False
        return True

    def _signal_all(self, number: signal.Signals) -> None:
        assert self.child is not None
        for pid in (self.child.pid, *_children_of(self.child.pid)):
            with suppress(ProcessLookupError):  # a session that has just ended
                os.kill(pid, number)

    async def run(self, program: str, arguments: Sequence[str], *, account: Account | None = None) -> None:
        """Run one of Postgres' programs to its end, which is to be a good one."""
        child = await self.begin(program, arguments, account=account)
        code = await child.wait(60)
        assert code == 0, (code, self._log.read_text())

    async def begin(self, program: str, arguments: Sequence[str], *, account: Account | None = None) -> Child:
        account = account or self.account
        if not self.folder.exists():
            make_private(self.folder, account)
        command = Command(
            program=find_postgres().with_name(program),
            arguments=arguments,
            folder=self.folder,
            account=account,
            death_signal=signal.SIGKILL,
        )
        with self._log.open("ab") as output:
            return Child(command, output=output.fileno())


def _children_of(pid: int) -> Sequence[int]:
    text = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    return [int(word) for word in text.split()]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """A primary, and its standby to be promoted."""

    first: Node
    second: Node

    def dsn(self, *nodes: Node) -> str:
        """Both servers as one address, in this order."""
        ports = ",".join(str(node.port) for node in nodes or (self.first, self.second))
        return f"host={','.join(['127.0.0.1'] * len(nodes or (1, 2)))} port={ports} user=postgres dbname=postgres"


@asynccontextmanager
async def replicated_postgres(folder: Path) -> AsyncIterator[Pair]:
    """Both running, the second in step with the first: what the first acknowledges, the second has on its disk."""
    account = account_for(folder)
    pair = Pair(first=Node(folder / "first", account), second=Node(folder / STANDBY_NAME, account))
    try:
        await pair.first.make()
        await pair.first.start()
        await pair.second.copy(pair.first)
        await pair.second.start()
        pair.first.ask(f"ALTER SYSTEM SET synchronous_standby_names = '{STANDBY_NAME}'")
        pair.first.ask("SELECT pg_reload_conf()")
        yield pair
    finally:
        for node in (pair.first, pair.second):
            if node.child is not None and node.child.exit_code is None:
                node.thaw()
                await node.kill()
