"""Real Postgres and Valkey servers that Mainstay starts, watches and stops itself; nothing to install besides pip."""

import asyncio
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from storage.embedded.account import Account, account_for
from storage.embedded.data_lock import DataLock, own_folder
from storage.embedded.failures import EmbeddedFailed, FolderBusy, FolderUnsafe, ProgramMissing
from storage.embedded.folders import make_private, make_socket_folder, remove_socket_folder
from storage.embedded.furnishing import serving_role
from storage.embedded.postgres_server import PostgresServer, dsn_at, listens_at
from storage.embedded.supervisor import Server, Supervisor
from storage.embedded.valkey_server import SOCKET_NAME, ValkeyServer, url_at
from telemetry.events import Observe

__all__ = [
    "EmbeddedFailed",
    "EmbeddedStorage",
    "Endpoints",
    "FolderBusy",
    "FolderUnsafe",
    "ProgramMissing",
    "own_folder",
    "running_postgres",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoints:
    """Where the embedded servers listen; empty for one that was not asked for."""

    postgres_dsn: str
    """A libpq keyword string over a unix socket: role `mainstay`, which owns the database `mainstay`."""
    redis_url: str
    """A `unix://` URL for redis.asyncio.from_url."""
    serving_dsn: str = ""
    """The same database for the role that serves, which owns nothing; empty where no service was named."""


class EmbeddedStorage:
    """The embedded servers of one data folder; a second one on the same folder is refused.

    The servers live in sessions of their own, so that Ctrl-C does not reach them, and die with the thread that runs
    the event loop, even by kill -9. While started, a server that dies is started again. `service` is whom they serve:
    it is named to whoever else wants the folder, and has a role of its own, which may do nothing until it is given
    rights.
    """

    def __init__(
        self, data_dir: Path, *, observe: Observe, service: str = "", postgres: bool = True, valkey: bool = True
    ) -> None:
        self._data_dir = data_dir.absolute()
        self._service = service
        self._observe = observe
        self._wants_postgres = postgres
        self._wants_valkey = valkey
        self._held: _Held | None = None
        self._starting: asyncio.Task[Endpoints] | None = None

    async def start(self) -> Endpoints:
        """Return when both serve.

        Raises FolderBusy if another process uses the folder, ProgramMissing if a package is not installed, and
        EmbeddedFailed for the rest; nothing is left running then, nor when this call is cancelled.
        """
        self._starting = asyncio.create_task(self._start())
        try:
            return await self._starting
        except OSError as error:
            raise EmbeddedFailed(f"The embedded servers cannot use {self._data_dir}: {error}") from error
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if task is None or task.cancelling():
                raise
            raise EmbeddedFailed("The embedded servers were stopped while they were starting.") from None

    async def stop(self) -> None:
        """Stop both in order, also in the middle of a start; nothing happens if nothing runs."""
        if self._starting is not None and not self._starting.done():
            self._starting.cancel()
            await asyncio.wait([self._starting])
        await _to_the_end(self._let_go())

    async def __aenter__(self) -> Endpoints:
        return await self.start()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    async def _start(self) -> Endpoints:
        account = account_for(self._data_dir)
        make_private(self._data_dir, account)
        lock = DataLock(self._data_dir, account, service=self._service)
        lock.acquire()
        self._held = held = _Held(lock=lock, account=account, supervisors=[])
        try:
            sockets = make_socket_folder(self._data_dir, account)
            return await self._start_servers(held, sockets)
        except BaseException:
            await _to_the_end(self._let_go())
            raise

    async def _start_servers(self, held: "_Held", sockets: Path) -> Endpoints:
        servers: list[Server] = []
        dsn = serving_dsn = url = ""
        if self._wants_postgres:
            role = serving_role(self._service) if self._service else ""
            postgres = PostgresServer(self._data_dir, sockets=sockets, account=held.account, serving_role=role)
            servers.append(postgres)
            dsn = postgres.dsn
            serving_dsn = dsn_at(sockets, user=role) if role else ""
        if self._wants_valkey:
            valkey = ValkeyServer(self._data_dir, sockets=sockets, account=held.account)
            servers.append(valkey)
            url = valkey.url
        held.supervisors.extend(Supervisor(server, observe=self._observe) for server in servers)
        await _all([supervisor.start() for supervisor in held.supervisors])
        return Endpoints(postgres_dsn=dsn, redis_url=url, serving_dsn=serving_dsn)

    async def _let_go(self) -> None:
        held, self._held = self._held, None
        if held is None:
            return
        try:
            await _all([supervisor.stop() for supervisor in held.supervisors])
        finally:
            remove_socket_folder(self._data_dir, held.account)
            held.lock.release()


def running_postgres(data_dir: Path) -> str:
    """The DSN of the Postgres that another process runs in this folder; empty where none listens there."""
    sockets = data_dir.absolute() / "sockets"
    return dsn_at(sockets.resolve()) if listens_at(sockets) else ""


def running_valkey(data_dir: Path) -> str:
    """The URL of the Valkey that another process runs in this folder; empty where it has no socket there."""
    sockets = (data_dir.absolute() / "sockets").resolve()
    return url_at(sockets) if (sockets / SOCKET_NAME).is_socket() else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Held:
    """What a started storage must let go of."""

    lock: DataLock
    account: Account
    supervisors: list[Supervisor]


async def _all(steps: Sequence[Coroutine[None, None, None]]) -> None:
    """Run all at once and to their ends, also when one fails; then raise the first error. A cancel cancels all."""
    for result in await asyncio.gather(*steps, return_exceptions=True):
        if isinstance(result, BaseException):
            raise result


async def _to_the_end(step: Coroutine[None, None, None]) -> None:
    """Do a step that must not be left half done: a cancel meanwhile takes effect after it."""
    task = asyncio.ensure_future(step)
    cancelled = False
    while not task.done():
        try:
            await asyncio.wait([task])
        except asyncio.CancelledError:
            cancelled = True
    await task
    if cancelled:
        raise asyncio.CancelledError
