"""One child process: started through the launcher, waited for without blocking the loop, ended by escalation."""

import asyncio
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from storage.embedded.account import Account
from storage.embedded.failures import EmbeddedFailed

_LAUNCHER = Path(__file__).with_name("launch.py")
_OWNER_ONLY_UMASK = 0o077


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """What to run: the program and its arguments, in which folder, as whom, and what it is told if we die.

    `reaches` are further folders it works in, which the account owns.
    """

    program: Path
    arguments: Sequence[str]
    folder: Path
    account: Account
    reaches: Sequence[Path] = ()
    death_signal: signal.Signals


@dataclass(frozen=True, slots=True, kw_only=True)
class Farewell:
    """One step of ending a process: the signal, and how long to wait before the next step."""

    signal: signal.Signals
    wait_seconds: float


class Child:
    """A running child. Make it on a thread that lives as long as the child may: the kernel ties their lives."""

    def __init__(self, command: Command, *, output: int) -> None:
        """Start the command with its standard output and error in the file descriptor `output`."""
        self._process = subprocess.Popen(  # noqa: S603 - our own launcher and a program of ours
            _launching(command),
            cwd=command.folder,
            env=_environment(),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            # A session of its own: Ctrl-C in the terminal reaches only us, and we stop the servers in order.
            start_new_session=True,
            umask=_OWNER_ONLY_UMASK,
        )
        self.pid = self._process.pid
        loop = asyncio.get_running_loop()
        self._exited: asyncio.Future[int] = loop.create_future()
        # A thread, since it works on every loop, kernel and container; daemon, since it must not keep us alive.
        threading.Thread(target=self._reap, args=(loop,), daemon=True).start()

    @property
    def exit_code(self) -> int | None:
        """None while it runs; negative: the number of the signal that ended it."""
        return self._exited.result() if self._exited.done() else None

    async def wait(self, timeout_seconds: float | None = None) -> int | None:
        """Wait for its end, up to a timeout; the exit code, None if it still runs."""
        # asyncio.wait, for a plain await of a future cancels the future along with the waiter.
        await asyncio.wait([self._exited], timeout=timeout_seconds)
        return self.exit_code

    async def end(self, steps: Sequence[Farewell]) -> int:
        """Send each signal in turn until it is gone; the exit code. The last step should be SIGKILL."""
        for step in steps:
            self._process.send_signal(step.signal)
            self._process.send_signal(signal.SIGCONT)  # a stopped process would never see the signal
            code = await self.wait(step.wait_seconds)
            if code is not None:
                return code
        raise EmbeddedFailed(f"Process {self.pid} cannot be ended, not even by SIGKILL.")

    def _reap(self, loop: asyncio.AbstractEventLoop) -> None:
        code = self._process.wait()
        with suppress(RuntimeError):  # the loop was closed meanwhile: nobody waits any more
            loop.call_soon_threadsafe(self._tell, code)

    def _tell(self, code: int) -> None:
        self._exited.set_result(code)


def _launching(command: Command) -> list[str]:
    account = command.account
    return [
        *(sys.executable, "-I", "-S", str(_LAUNCHER)),
        *(str(number) for number in (os.getpid(), int(command.death_signal), account.uid, account.gid)),
        *(str(path) for path in (command.program, command.folder, *command.reaches)),
        *("--", str(command.program), *command.arguments),
    ]


def _environment() -> dict[str, str]:
    """Nothing of ours: a PGDATA or PGOPTIONS in the terminal must not reach the servers."""
    needed_to_start_python = {
        name: os.environ[name] for name in ("LD_LIBRARY_PATH", "PYTHONHOME") if name in os.environ
    }
    return {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"} | needed_to_start_python
