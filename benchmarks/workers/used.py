"""What processes have used."""

import os
from collections.abc import Sequence
from pathlib import Path

from benchmarks.server_process import cpu_seconds_in


def descendants(pid: int) -> Sequence[int]:
    """The process and all that it has started, and they."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(each for child in children for each in descendants(int(child)))]


def cpu_seconds(pids: Sequence[int]) -> float:
    """The CPU time of all of them so far."""
    ticks = os.sysconf("SC_CLK_TCK")
    return sum(cpu_seconds_in(Path(f"/proc/{pid}/stat").read_text(), ticks_per_second=ticks) for pid in pids)
