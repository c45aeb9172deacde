"""The supervisor of workers: starts them, keeps them up, replaces them on SIGHUP, has all of them leave at the end."""

import asyncio
from collections.abc import Awaitable, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path

from middleware.inbound.binding import Bound
from server.settings import PREFIX, Settings
from server.workers.messages import Assignment, Ready, StorageGiven
from server.workers.restarts import RestartPolicy, Restarts
from server.workers.shared_storage import SharedStorage
from server.workers.worker_post import WorkerPost
from server.workers.worker_process import NotStarted, WorkerProcess, spawned
from server.workers.worker_sockets import WorkerSockets, admin_sockets, api_sockets
from telemetry.events import Observe, ReloadEnded

_FAREWELL_SECONDS = 10.0
"""How long a worker may take beyond its drain: to close what it holds, and to send what it has to tell."""

_EMBEDDED_CONNECTIONS = 90
"""What the embedded Postgres has for the service: 100 less those it keeps for itself and for commands."""


class WorkersUnfit(Exception):  # noqa: N818 - it says what is wrong
    """The workers cannot be started as they are wanted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is to be run: FILE, by so many workers; `seed` is a folder to fill empty tables from."""

    file: Path
    workers: int
    settings: Settings
    seed: Path | None = None


class WorkerSupervisor:
    """Give it its ports with `bind`, then `start` it, `keep_up` and `reload`; `stop` it in any case."""

    def __init__(self, wanted: Wanted, *, observe: Observe) -> None:
        self._wanted = wanted
        self._observe = observe
        self._storage: SharedStorage | None = None
        self._posts: list[WorkerPost] = []
        self._held = ExitStack()

    async def bind(self) -> None:
        """Take all ports; raises WorkersUnfit."""
        settings, workers = self._wanted.settings, self._wanted.workers
        self._require_connections()
        apis = await self._taken(api_sockets(settings.host, settings.port, workers=workers), "PORT")
        host = settings.admin_host or settings.host
        admins = await self._taken(admin_sockets(host, settings.admin_port, workers=workers), "ADMIN_PORT")
        ports = [one.port for one in admins]
        for number, (api, admin) in enumerate(zip(apis, admins, strict=True)):
            sockets = WorkerSockets(number=number, api=api, admin=admin)
            self._posts.append(self._post(sockets, admin_ports=ports))

    async def start(self) -> Sequence[Ready]:
        """Have all workers answer, the first before the others: it migrates, and says what is wrong, once.

        Raises NotStarted.
        """
        first, *others = self._posts
        ready = [await first.open()]
        return ready + list(await asyncio.gather(*(post.open() for post in others)))

    async def keep_up(self) -> None:
        """Start another worker wherever one ends, until cancelled."""
        async with asyncio.TaskGroup() as keeping:
            for post in self._posts:
                keeping.create_task(post.keep_up())

    async def reload(self) -> None:
        """Replace one worker after the other; where one does not come up, it and those after it stay as they are."""
        reason, replaced = "", 0
        for post in self._posts:
            try:
                await post.replace(patience_seconds=self._patience_seconds)
            except NotStarted as failed:
                reason = str(failed)
                break
            replaced += 1
        self._observe(ReloadEnded(replaced=replaced, workers=len(self._posts), reason=reason))

    async def stop(self) -> None:
        """Have all workers finish and end, those that do not by SIGKILL; then stop the embedded servers."""
        workers = [worker for post in self._posts for worker in post.workers]
        for worker in workers:
            worker.leave(is_replaced=False)
        if self._storage is not None:
            await self._storage.give_up_starting()
        with suppress(TimeoutError):
            async with asyncio.timeout(self._patience_seconds):
                await asyncio.gather(*(worker.wait() for worker in workers))
        self.kill()
        if self._storage is not None:
            await self._storage.stop()
        self._held.close()

    def kill(self) -> None:
        """End all workers at once."""
        for post in self._posts:
            for worker in post.workers:
                worker.kill()

    @property
    def _patience_seconds(self) -> float:
        settings = self._wanted.settings
        return settings.drain_delay_seconds + settings.drain_seconds + _FAREWELL_SECONDS

    def _post(self, sockets: WorkerSockets, *, admin_ports: list[int]) -> WorkerPost:
        """A place for a worker; its sockets are let go of when it is."""
        wanted, number = self._wanted, sockets.number
        self._held.callback(sockets.close)

        async def spawn(*, joins: bool) -> WorkerProcess:
            assignment = Assignment(
                number=number,
                workers=wanted.workers,
                joins=joins,
                api=[one.fileno() for one in sockets.api.sockets],
                admin=[one.fileno() for one in sockets.admin.sockets],
                admin_ports=admin_ports,
                seed="" if joins or number or wanted.seed is None else str(wanted.seed),
            )
            return await spawned(wanted.file, assignment, sockets=sockets, give_storage=self._give_storage)

        return WorkerPost(sockets, spawn=spawn, restarts=Restarts(RestartPolicy()), observe=self._observe)

    async def _taken(self, taking: Awaitable[list[Bound]], variable: str) -> list[Bound]:
        try:
            return await taking
        except OSError as error:
            advice = f"set {PREFIX}{variable} to a free port."
            if variable == "ADMIN_PORT":
                advice = f"set {PREFIX}{variable} to the first of {self._wanted.workers} free ports."
            raise WorkersUnfit(f"Cannot listen ({error.strerror}); {advice}") from error

    def _require_connections(self) -> None:
        settings, workers = self._wanted.settings, self._wanted.workers
        # One more while a worker is replaced, and a connection each to ask the server how it is.
        needed = (workers + 1) * (settings.pool_connections + 1)
        if settings.is_embedded and needed > _EMBEDDED_CONNECTIONS:
            fitting = _EMBEDDED_CONNECTIONS // (workers + 1) - 1
            advice = f"set {PREFIX}POOL_CONNECTIONS to {fitting}" if fitting > 0 else "take fewer workers"
            raise WorkersUnfit(
                f"{workers} workers with {settings.pool_connections} connections each are more than the embedded "
                f"Postgres has room for: {advice}, or give {PREFIX}POSTGRES_DSN."
            )

    async def _give_storage(self, service: str) -> StorageGiven:
        """The embedded servers, started for whoever asks first."""
        if self._storage is None:
            self._storage = SharedStorage(service, self._wanted.settings, observe=self._observe)
        return await self._storage.given_to(service)
