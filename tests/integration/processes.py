"""Looking at processes from outside, as the kernel shows them."""

import asyncio
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

_PATIENCE_SECONDS = 20.0
_POLL_SECONDS = 0.01


def working_in(folder: Path) -> set[int]:
    """The pids of live processes whose working directory is this folder or lies in it."""
    found = set()
    for process in Path("/proc").iterdir():
        with suppress(OSError):
            if process.name.isdigit() and (process / "cwd").readlink().is_relative_to(folder):
                found.add(int(process.name))
    return found


def status(pid: int, field: str) -> str:
    """One line of /proc/PID/status, without its name."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(line.partition(":")[2].strip() for line in lines if line.startswith(f"{field}:"))


def is_ours(pid: int) -> bool:
    """Whether a process shares this one's session, so that Ctrl-C would reach it too."""
    return os.getsid(pid) == os.getsid(0)


async def until(condition: Callable[[], bool], *, within_seconds: float = _PATIENCE_SECONDS) -> None:
    """Wait up to 20 s for something the kernel does not announce."""
    async with asyncio.timeout(within_seconds):
        while not condition():  # noqa: ASYNC110 - there is nothing to await
            await asyncio.sleep(_POLL_SECONDS)
