"""Keeps one embedded server running: brings it up, restarts it when it dies, ends it."""

import asyncio
import os
import random
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Literal, Protocol

from storage.embedded.child import Child, Command, Farewell
from storage.embedded.failures import EmbeddedFailed
from storage.embedded.program_log import ProgramLog
from telemetry.events import EmbeddedExited, EmbeddedStarted, Observe


class Server(Protocol):
    """What a supervisor must know of a server."""

    @property
    def name(self) -> Literal["postgres", "valkey"]:
        """What events call it."""

    @property
    def log(self) -> ProgramLog:
        """What it prints."""

    @property
    def farewell(self) -> Sequence[Farewell]:
        """How it is ended."""

    async def prepare(self) -> None:
        """Bring the folder into a state the server can start from; raises EmbeddedFailed."""

    def command(self) -> Command:
        """How to run it."""

    async def is_ready(self) -> bool:
        """Whether it serves; takes a few seconds at most, raises nothing for a server that is not up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long to wait for what.

    A start may have to replay what a crash left (at most 1 GiB of log by Postgres's default), hence the minute. The
    first restart comes at once to the eye; a server that cannot start (a full disk) is tried every few seconds.
    """

    start_seconds: float = 60.0
    poll_seconds: float = 0.01
    first_restart_seconds: float = 0.05
    slowest_restart_seconds: float = 5.0
    log_check_seconds: float = 60.0


class Supervisor:
    """Start it, stop it; in between, the server is running or being restarted."""

    def __init__(
        self,
        server: Server,
        *,
        observe: Observe,
        patience: Patience = Patience(),
        now: Callable[[], float] = time.monotonic,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._server = server
        self._observe = observe
        self._patience = patience
        self._now = now
        self._jitter = jitter
        self._child: Child | None = None
        self._watch: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Return when the server is ready; raises EmbeddedFailed, and then nothing is left running."""
        child = await self._bring_up()
        self._watch = asyncio.create_task(self._keep_up(child))

    async def stop(self) -> None:
        """End the server in order; nothing happens if it does not run."""
        if self._watch is not None:
            self._watch.cancel()
            await asyncio.wait([self._watch])
            self._watch = None
        if self._child is not None:
            await self._end(self._child)

    async def _bring_up(self) -> Child:
        began = self._now()
        await self._server.prepare()
        output = self._server.log.open()
        try:
            child = Child(self._server.command(), output=output)
        finally:
            os.close(output)
        try:
            await self._wait_until_ready(child, deadline=began + self._patience.start_seconds)
        except BaseException:
            await child.end(self._server.farewell)
            raise
        self._child = child
        took = self._now() - began
        self._observe(EmbeddedStarted(program=self._server.name, pid=child.pid, duration_seconds=took))
        return child

    async def _wait_until_ready(self, child: Child, *, deadline: float) -> None:
        while not await self._server.is_ready():
            if child.exit_code is not None:
                raise self._failed(f"ended with code {child.exit_code} while starting")
            if self._now() > deadline:
                raise self._failed(f"was not ready within {self._patience.start_seconds:g} s")
            await child.wait(self._patience.poll_seconds)

    async def _keep_up(self, child: Child) -> None:
        while True:
            code = await self._wait_for_exit(child)
            self._child = None
            self._observe(EmbeddedExited(program=self._server.name, exit_code=code, restarting=True))
            child = await self._restart()

    async def _wait_for_exit(self, child: Child) -> int:
        while (code := await child.wait(self._patience.log_check_seconds)) is None:
            with suppress(OSError):  # a log that cannot be shortened is no reason to stop watching
                self._server.log.bound()
        return code

    async def _restart(self) -> Child:
        delay = self._patience.first_restart_seconds
        while True:
            await asyncio.sleep(delay * (1 + self._jitter()) / 2)
            delay = min(2 * delay, self._patience.slowest_restart_seconds)
            try:
                return await self._bring_up()
            except (EmbeddedFailed, OSError):
                self._observe(EmbeddedExited(program=self._server.name, exit_code=1, restarting=True))

    async def _end(self, child: Child) -> None:
        code = await child.end(self._server.farewell)
        self._child = None
        self._observe(EmbeddedExited(program=self._server.name, exit_code=code, restarting=False))

    def _failed(self, what: str) -> EmbeddedFailed:
        log = self._server.log
        return EmbeddedFailed(f"The embedded {self._server.name} {what}. The end of {log.path}:\n{log.tail()}")
