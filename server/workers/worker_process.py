"""One worker, as its supervisor sees it: a child process, what it has said, how it ends."""

import asyncio
import os
import signal
import socket
import sys
import time
from asyncio.subprocess import DEVNULL, Process
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from pathlib import Path

from server.workers.channel import Channel
from server.workers.messages import (
    Alive,
    Assignment,
    Failed,
    Leave,
    Message,
    Ready,
    StorageGiven,
    StorageWanted,
)
from server.workers.worker_sockets import WorkerSockets

GiveStorage = Callable[[str], Awaitable[StorageGiven]]
"""Has the embedded servers for the service of this name."""

_LAST_WORDS_SECONDS = 1.0
"""How long a worker whose loop stands still may take to write where it stands (`faulthandler`)."""


class NotStarted(Exception):  # noqa: N818 - it says what happened
    """A worker ended before it answered, or could not be made at all.

    `code` is its exit status, where there was one, `was_told` whether it said why.
    """

    def __init__(self, reason: str, *, code: int = 0, was_told: bool = False) -> None:
        super().__init__(reason)
        self.code = code
        self.was_told = was_told


class WorkerProcess:
    """A running worker."""

    def __init__(
        self,
        process: Process,
        channel: Channel,
        *,
        give_storage: GiveStorage,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._process = process
        self._channel = channel
        self._give_storage = give_storage
        self._now = now
        self._reason = ""
        self._heard_seconds = now()
        self._ready: asyncio.Future[Ready] = asyncio.get_running_loop().create_future()
        self._listening = asyncio.create_task(self._listen())

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    @property
    def is_ready(self) -> bool:
        """Whether it answers requests, or did."""
        return self._ready.done() and self._ready.exception() is None

    @property
    def silent_seconds(self) -> float:
        """For how long a worker that answered has not said that its loop turns; 0 for one that starts."""
        return self._now() - self._heard_seconds if self.is_ready else 0.0

    async def ready(self) -> Ready:
        """Wait until it answers requests; raises NotStarted."""
        return await asyncio.shield(self._ready)

    async def wait(self) -> int:
        """Wait for its end; the exit status, negative for the signal that ended it."""
        await asyncio.shield(self._listening)
        return await self._process.wait()

    def leave(self, *, is_replaced: bool) -> None:
        """Have it finish what is under way and end."""
        self._channel.send(Leave(is_replaced=is_replaced))

    def kill(self) -> None:
        """End it at once."""
        with suppress(ProcessLookupError):
            self._process.kill()

    async def kill_standing_still(self) -> None:
        """End it after it has written where it stands, if it can."""
        with suppress(ProcessLookupError):
            self._process.send_signal(signal.SIGABRT)
        with suppress(TimeoutError):
            async with asyncio.timeout(_LAST_WORDS_SECONDS):
                await self._process.wait()
        self.kill()

    async def _listen(self) -> None:
        async for message in self._channel:
            self._heard_seconds = self._now()
            await self._hear(message)
        code = await self._process.wait()
        self._channel.close()
        if not self._ready.done():
            reason = self._reason or f"it ended with {code} before it answered"
            self._ready.set_exception(NotStarted(reason, code=code, was_told=bool(self._reason)))
            self._ready.exception()  # which nobody has to ask for

    async def _hear(self, message: Message) -> None:
        match message:
            case StorageWanted():
                self._channel.send(await self._give_storage(message.service))
            case Ready():
                self._ready.set_result(message)
            case Failed():
                self._reason = message.reason
            case Alive() | Assignment() | StorageGiven() | Leave():
                return


async def spawned(
    file: Path, assignment: Assignment, *, sockets: WorkerSockets, give_storage: GiveStorage
) -> WorkerProcess:
    """Start a worker in a session of its own: Ctrl-C in the terminal reaches its supervisor alone.

    Raises NotStarted where the machine has no room for it.
    """
    try:
        ours, theirs = socket.socketpair()
        with theirs:
            process = await _begun(file, [theirs.fileno(), *sockets.descriptors])
    except OSError as error:
        raise NotStarted(f"no process can be made ({error.strerror})") from error
    channel = await Channel.over(ours)
    channel.send(assignment)
    return WorkerProcess(process, channel, give_storage=give_storage)


async def _begun(file: Path, inherited: Sequence[int]) -> Process:
    """The child, with these descriptors, of which the first is its end of the channel; raises OSError."""
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", "-m", "server.workers.worker_entry", os.fspath(file), str(inherited[0])),
        stdin=DEVNULL,
        pass_fds=inherited,
        start_new_session=True,
    )
