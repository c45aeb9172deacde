"""Keeps one embedded server running: brings it up, restarts it when it dies, ends it."""

import asyncio
import os
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Literal, Protocol

from storage.embedded.child import Child, Command, Farewell
from storage.embedded.failures import EmbeddedFailed
from storage.embedded.patience import Backoff, Patience
from storage.embedded.program_log import ProgramLog
from telemetry.events import EmbeddedExited, EmbeddedStarted, Observe

_NOT_STARTED = 1
"""The exit code reported for a restart that failed, whichever step it failed in."""


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
        """Bring its folder into a state it can start from; raises EmbeddedFailed or OSError."""

    def command(self) -> Command:
        """How to run it."""

    async def why_not_ready(self) -> str | None:
        """None once it serves, otherwise the reason; takes a few seconds at most."""


class Supervisor:
    """Start it, stop it; in between the server runs or is being restarted."""

    def __init__(
        self,
        server: Server,
        *,
        observe: Observe,
        patience: Patience | None = None,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._server = server
        self._observe = observe
        self._patience = patience or Patience()
        self._now = now
        self._child: Child | None = None
        self._watch: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Return when the server is ready; raises EmbeddedFailed or OSError. Call stop() in any case."""
        child = await self._bring_up()
        self._watch = asyncio.create_task(self._keep_up(child))

    async def stop(self) -> None:
        """End the server in order, also one that is still starting; nothing happens if none runs."""
        if self._watch is not None:
            self._watch.cancel()
            await asyncio.wait([self._watch])
            self._watch = None
        if self._child is not None:
            code = await self._end_child(self._child)
            self._observe(EmbeddedExited(program=self._server.name, exit_code=code, restarting=False))

    async def _bring_up(self) -> Child:
        began = self._now()
        await self._server.prepare()
        child = self._child = self._spawn()
        try:
            await self._wait_until_ready(child, deadline=began + self._patience.start_seconds)
        except EmbeddedFailed:
            await self._end_child(child)
            raise
        took = self._now() - began
        self._observe(EmbeddedStarted(program=self._server.name, pid=child.pid, duration_seconds=took))
        return child

    def _spawn(self) -> Child:
        output = self._server.log.open()
        try:
            return Child(self._server.command(), output=output)
        finally:
            os.close(output)

    async def _wait_until_ready(self, child: Child, *, deadline: float) -> None:
        while (reason := await self._server.why_not_ready()) is not None:
            if child.exit_code is not None:
                raise self._failed(f"ended with code {child.exit_code} while starting")
            if self._now() > deadline:
                raise self._failed(f"was not ready within {self._patience.start_seconds:g} s: {reason}")
            await child.wait(self._patience.poll_seconds)

    async def _keep_up(self, child: Child) -> None:
        backoff = Backoff(self._patience)
        while True:
            began = self._now()
            code = await self._wait_for_exit(child)
            self._child = None
            backoff.ran_for(self._now() - began)
            self._observe(EmbeddedExited(program=self._server.name, exit_code=code, restarting=True))
            child = await self._restart(backoff)

    async def _wait_for_exit(self, child: Child) -> int:
        while (code := await child.wait(self._patience.log_check_seconds)) is None:
            with suppress(OSError):  # a log that cannot be shortened is no reason to stop watching
                self._server.log.bound()
        return code

    async def _restart(self, backoff: Backoff) -> Child:
        while True:
            await asyncio.sleep(backoff.pause_seconds())
            try:
                return await self._bring_up()
            except (EmbeddedFailed, OSError):
                failed = EmbeddedExited(program=self._server.name, exit_code=_NOT_STARTED, restarting=True)
                self._observe(failed)

    async def _end_child(self, child: Child) -> int:
        code = await child.end(self._server.farewell)
        self._child = None
        return code

    def _failed(self, what: str) -> EmbeddedFailed:
        log = self._server.log
        return EmbeddedFailed(f"The embedded {self._server.name} {what}. The end of {log.path}:\n{log.tail()}")
