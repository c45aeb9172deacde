"""What a killed run left running: servers whose working directory is one of our folders."""

import asyncio
import os
import signal
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from storage.embedded.child import Farewell
from storage.embedded.failures import EmbeddedFailed

_PROCESSES = Path("/proc")
_POLL_SECONDS = 0.02


def holders(folder: Path, program: str) -> dict[int, int]:
    """The processes running `program` in `folder`: pid → parent's pid.

    Pid files lie: their process may be gone, a zombie, or by now somebody else's. The kernel does not: Postgres
    (all its processes) and Valkey work in their data folder, a zombie has no working directory any more, and only
    folders of one device and inode number are one.
    """
    here = folder.stat()
    found: dict[int, int] = {}
    for process in _PROCESSES.iterdir():
        # A process may end while we look at it, and another user's may not be looked at: neither is ours.
        with suppress(OSError, ValueError):
            pid = int(process.name)
            executable = (process / "exe").readlink().name.removesuffix(" (deleted)")
            if executable == program and os.path.samestat((process / "cwd").stat(), here):
                found[pid] = _parent_of(process)
    return found


async def evict(folder: Path, program: str, *, steps: Sequence[Farewell]) -> None:
    """End every process running `program` in `folder`; raises EmbeddedFailed if one outlives all steps.

    The first signal goes only to those no other holder started (for Postgres that is the postmaster, which ends the
    rest in order), later ones to all.
    """
    left = await asyncio.to_thread(holders, folder, program)
    if not left:
        return
    for number, step in enumerate(steps):
        for pid, parent in left.items():
            if number > 0 or parent not in left:
                _tell(pid, step.signal)
        left = await _wait_until_gone(folder, program, seconds=step.wait_seconds)
        if not left:
            return
    raise EmbeddedFailed(f"Another {program} still works in {folder}: process {', '.join(map(str, left))}.")


async def _wait_until_gone(folder: Path, program: str, *, seconds: float) -> dict[int, int]:
    """Wait up to `seconds`; who is left."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + seconds
    while True:
        left = await asyncio.to_thread(holders, folder, program)
        if not left or loop.time() >= deadline:
            return left
        await asyncio.sleep(_POLL_SECONDS)


def _tell(pid: int, what: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, what)
        os.kill(pid, signal.SIGCONT)  # a stopped process would never see the signal


def _parent_of(process: Path) -> int:
    # "pid (name) state ppid …", where the name may hold anything, brackets too (proc_pid_stat(5)).
    return int((process / "stat").read_text(errors="replace").rpartition(")")[2].split()[1])
