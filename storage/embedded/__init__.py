"""Real Postgres and Valkey servers that Mainstay starts, watches and stops itself; nothing to install besides pip."""

import asyncio
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from storage.embedded.account import account_for
from storage.embedded.data_lock import DataLock
from storage.embedded.failures import EmbeddedFailed, FolderBusy, FolderUnsafe, ProgramMissing
from storage.embedded.folders import make_private, make_socket_folder, remove_socket_folder
from storage.embedded.postgres_server import PostgresServer
from storage.embedded.supervisor import Supervisor
from storage.embedded.valkey_server import ValkeyServer
from telemetry.events import Observe

__all__ = [
    "EmbeddedFailed",
    "EmbeddedStorage",
    "Endpoints",
    "FolderBusy",
    "FolderUnsafe",
    "ProgramMissing",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoints:
    """Where the embedded servers listen; empty for one that was not asked for."""

    postgres_dsn: str
    """A libpq keyword string over a unix socket: role `mainstay`, which owns the database `mainstay`."""
    redis_url: str
    """A `unix://` URL for redis.asyncio.from_url."""


class EmbeddedStorage:
    """The embedded servers of one data folder; a second one on the same folder is refused.

    Children live in sessions of their own (Ctrl-C does not reach them) and die with the thread that runs the event
    loop, even by kill -9. While started, a server that dies is started again.
    """

    def __init__(self, data_dir: Path, *, observe: Observe, postgres: bool = True, valkey: bool = True) -> None:
        self._data_dir = data_dir.absolute()
        self._observe = observe
        self._wants_postgres = postgres
        self._wants_valkey = valkey
        self._lock = DataLock(self._data_dir)
        self._account = account_for(self._data_dir)
        self._supervisors: list[Supervisor] = []
        self._starting: asyncio.Task[Endpoints] | None = None

    async def start(self) -> Endpoints:
        """Return when both serve.

        Raises FolderBusy if another process uses the folder, ProgramMissing if the packages are not installed, and
        EmbeddedFailed for the rest; nothing is left running then, nor when this call is cancelled.
        """
        self._starting = asyncio.create_task(self._start())
        try:
            return await self._starting
        except asyncio.CancelledError:
            if self._starting.cancelled() and not _is_cancelled():
                raise EmbeddedFailed("The embedded servers were stopped while starting.") from None
            raise

    async def stop(self) -> None:
        """Stop both in order, also in the middle of a start; nothing happens if nothing runs."""
        if self._starting is not None and not self._starting.done():
            self._starting.cancel()
            await asyncio.wait([self._starting])
        await self._let_go()

    async def __aenter__(self) -> Endpoints:
        return await self.start()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    async def _start(self) -> Endpoints:
        make_private(self._data_dir, self._account)
        self._lock.acquire()
        try:
            return await self._start_servers()
        except BaseException:
            await self._let_go()
            raise

    async def _start_servers(self) -> Endpoints:
        sockets = make_socket_folder(self._data_dir, self._account)
        dsn = url = ""
        if self._wants_postgres:
            postgres = PostgresServer(self._data_dir, sockets=sockets, account=self._account)
            self._supervisors.append(Supervisor(postgres, observe=self._observe))
            dsn = postgres.dsn
        if self._wants_valkey:
            valkey = ValkeyServer(self._data_dir, sockets=sockets, account=self._account)
            self._supervisors.append(Supervisor(valkey, observe=self._observe))
            url = valkey.url
        await _all_or_error([supervisor.start() for supervisor in self._supervisors])
        return Endpoints(postgres_dsn=dsn, redis_url=url)

    async def _let_go(self) -> None:
        if not self._lock.is_held:  # never touch the folder of another instance
            return
        try:
            await _all_or_error([supervisor.stop() for supervisor in self._supervisors])
        finally:
            self._supervisors.clear()
            remove_socket_folder(self._data_dir, self._account)
            self._lock.release()


async def _all_or_error(steps: Sequence[Coroutine[None, None, None]]) -> None:
    """Run all at once; when one fails, cancel the others, wait for them, and raise the first error."""
    try:
        async with asyncio.TaskGroup() as group:
            for step in steps:
                group.create_task(step)
    except BaseExceptionGroup as errors:
        raise errors.exceptions[0] from errors


def _is_cancelled() -> bool:
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
