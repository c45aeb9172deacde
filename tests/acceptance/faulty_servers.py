"""What is done to the servers behind a running service: held, let go on, killed."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Literal

from tests.integration.processes import working_in

Program = Literal["postgres", "valkey-server"]


def processes_of(program: Program, data_dir: Path) -> list[int]:
    """The pids of an embedded server, all of its processes, the oldest first."""
    return sorted(pid for pid in working_in(data_dir) if _name(pid) == program)


@contextmanager
def held(pids: list[int]) -> Iterator[None]:
    """Stop these processes as a machine that hangs does, and let them go on when left."""
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)


def kill(pids: list[int]) -> None:
    """End them by SIGKILL."""
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def _name(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        return ""
