"""A worker's place: its number, its sockets, and whoever stands there; never empty for long."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

from server.workers.messages import Ready
from server.workers.restarts import Restarts
from server.workers.worker_process import NotStarted
from telemetry.events import Observe, WorkerEnded, WorkerNotStarted, WorkerStarted


class Worker(Protocol):
    """A running worker; a WorkerProcess."""

    @property
    def pid(self) -> int:
        """Its process id."""

    @property
    def silent_seconds(self) -> float:
        """For how long one that answered has not said that its loop turns; 0 for one that starts."""

    async def ready(self) -> Ready:
        """Wait until it answers requests; raises NotStarted."""

    async def wait(self) -> int:
        """Wait for its end; the exit status."""

    def leave(self, *, is_replaced: bool) -> None:
        """Have it finish what is under way and end."""

    def kill(self) -> None:
        """End it at once."""

    async def kill_standing_still(self) -> None:
        """End it after it has written where it stands, if it can."""


class Spawn(Protocol):
    """Starts a worker."""

    async def __call__(self, *, joins: bool) -> Worker:
        """One that joins another, to replace it, or one for an empty place; raises NotStarted."""


_QUEUED_SECONDS = 1.0
"""A place that is empty for longer gets no connections meanwhile: they would wait for it, though others are free."""

_REPLACEMENT_SECONDS = 120.0
"""How long a replacement may take until it answers: a migration is made in that time, or on its own."""

SILENT_SECONDS = 30.0
"""A loop that stands still for so long serves nobody: a process that were alone would fail its liveness probe."""

_LOOK_SECONDS = 1.0


class Sockets(Protocol):
    """What the worker of a place listens to; WorkerSockets."""

    @property
    def number(self) -> int:
        """Which place it is."""

    def deafen(self) -> None:
        """Have the kernel send nobody here until a worker listens again."""


class WorkerPost:
    """Opened with a first worker, kept up from then on, left at the end."""

    def __init__(
        self,
        sockets: Sockets,
        *,
        spawn: Spawn,
        restarts: Restarts,
        observe: Observe,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.number = sockets.number
        self._sockets = sockets
        self._spawn = spawn
        self._restarts = restarts
        self._observe = observe
        self._sleep = sleep
        self._changing = asyncio.Lock()
        self._worker: Worker | None = None
        self._leaving: Worker | None = None
        self._swapped = asyncio.Event()

    @property
    def workers(self) -> Sequence[Worker]:
        """Who stands here, and who was replaced and has not left yet; none before it is opened."""
        return [one for one in (self._worker, self._leaving) if one is not None]

    @property
    def worker(self) -> Worker:
        """Who stands here."""
        if self._worker is None:
            raise RuntimeError("the post is opened first")
        return self._worker

    async def open(self) -> Ready:
        """Have a worker that answers; raises NotStarted where it says why it cannot, or has died too often."""
        while True:
            await self._start()
            try:
                ready = await self.worker.ready()
            except NotStarted as failed:
                pause = None if failed.was_told else self._restarts.pause_seconds()
                if pause is None:
                    raise
                await self._ended(failed.code, pause_seconds=pause)
            else:
                self._restarts.came_up()
                return ready

    async def keep_up(self) -> None:
        """Start another whenever one ends, or stands still, until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._keep_running())
            tasks.create_task(self._keep_turning())

    async def replace(self, *, patience_seconds: float) -> None:
        """Have another worker answer here, then let this one go in that time; raises NotStarted, and it stays."""
        async with self._changing:
            old, new = self.worker, await self._joined()
            self._leaving, self._worker = old, new
            self._restarts.began()
            self._swapped.set()
            self._observe(WorkerStarted(number=self.number, pid=new.pid))
        await _see_off(old, patience_seconds=patience_seconds)
        self._leaving = None

    async def _joined(self) -> Worker:
        """Another that answers."""
        new = await self._spawn(joins=True)
        try:
            async with asyncio.timeout(_REPLACEMENT_SECONDS):
                await new.ready()
        except TimeoutError as error:
            new.kill()
            reason = f"it did not answer within {_REPLACEMENT_SECONDS:g} s"
            raise NotStarted(reason, code=await new.wait()) from error
        except asyncio.CancelledError:
            new.kill()
            raise
        return new

    async def _start(self) -> None:
        self._restarts.began()
        self._worker = await self._spawn(joins=False)
        self._observe(WorkerStarted(number=self.number, pid=self._worker.pid))

    async def _keep_running(self) -> None:
        while True:
            worker = self.worker
            self._swapped.clear()
            code = await self._end_of(worker)
            async with self._changing:
                if code is not None and self._worker is worker:
                    await self._ended(code, pause_seconds=self._restarts.pause_seconds() or 0.0)
                    await self._start_again()

    async def _end_of(self, worker: Worker) -> int | None:
        """How it ended; None where another stands in its place meanwhile."""
        ended, swapped = asyncio.create_task(worker.wait()), asyncio.create_task(self._swapped.wait())
        try:
            await asyncio.wait([ended, swapped], return_when=asyncio.FIRST_COMPLETED)
            return ended.result() if ended.done() else None
        finally:
            ended.cancel()
            swapped.cancel()

    async def _start_again(self) -> None:
        """Fill the place, as soon as the machine has room for it."""
        while True:
            try:
                return await self._start()
            except NotStarted as failed:
                pause_seconds = self._restarts.pause_seconds() or 0.0
                self._observe(WorkerNotStarted(number=self.number, reason=str(failed), pause_seconds=pause_seconds))
            await self._pause(pause_seconds)

    async def _keep_turning(self) -> None:
        while True:
            await self._sleep(_LOOK_SECONDS)
            if self.worker.silent_seconds > SILENT_SECONDS:
                await self.worker.kill_standing_still()

    async def _ended(self, code: int, *, pause_seconds: float) -> None:
        worker = self.worker
        self._observe(WorkerEnded(number=self.number, pid=worker.pid, exit_code=code, pause_seconds=pause_seconds))
        await self._pause(pause_seconds)

    async def _pause(self, seconds: float) -> None:
        if seconds > _QUEUED_SECONDS:
            self._sockets.deafen()
        await self._sleep(seconds)


async def _see_off(worker: Worker, *, patience_seconds: float) -> None:
    """Have one that was replaced finish and end, by force where it takes longer than it may."""
    worker.leave(is_replaced=True)
    try:
        async with asyncio.timeout(patience_seconds):
            await worker.wait()
    except TimeoutError:
        worker.kill()
        await worker.wait()
