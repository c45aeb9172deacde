"""A process of its own that runs embedded storage, to be killed from outside."""

import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Self

from tests.integration.processes import status, until

CHECKOUT = Path(__file__).parents[2]


def kill(pid: int, what: signal.Signals = signal.SIGKILL) -> None:
    with suppress(ProcessLookupError):  # a session that has just ended by itself
        os.kill(pid, what)


async def halt(pid: int) -> None:
    """Make a process hang, and wait until it does."""
    kill(pid, signal.SIGSTOP)
    await until(lambda: status(pid, "State").startswith("T"))


def start_program(data_dir: Path, *words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.integration.embedded_program", str(data_dir), *words],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=CHECKOUT,
        text=True,
    )


class Run:
    """A process of its own that runs embedded storage, and whose servers are `pids`."""

    def __init__(self, data_dir: Path, *words: str) -> None:
        self.process = start_program(data_dir, *words)
        self.pids = {program: pid for _, program, pid in (self.said(), self.said())}

    def said(self) -> tuple[str, str, int]:
        assert self.process.stdout is not None
        what, program, pid = self.process.stdout.readline().split()
        return what, program, int(pid)

    def kill(self) -> None:
        self.process.kill()
        if self.process.stdout and not self.process.stdout.closed:
            self.process.communicate()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def finish(self) -> int:
        self.process.communicate()
        return self.process.returncode
