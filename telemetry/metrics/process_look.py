"""What Linux says of the process: its CPU time, its memory, its open files, when it started.

prometheus-client's collector says the same, but lists the open files to count them: 8 ms where there are ten thousand
connections, and the event loop waits. Where there is no /proc, nothing is shown.
"""

import os
import resource
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from telemetry.catalogue import process_rows as rows
from telemetry.readings import Look, Reading

_STAT = Path("/proc/self/stat")
_FILES = Path("/proc/self/fd")
_BOOT = Path("/proc/stat")

# Places in /proc/self/stat behind the command's name in brackets, which may hold spaces (proc_pid_stat(5)).
_STARTED, _VIRTUAL, _RESIDENT = 19, 20, 21


def process_look() -> Look:
    """Look at the process this runs in."""
    page_bytes, ticks = os.sysconf("SC_PAGE_SIZE"), os.sysconf("SC_CLK_TCK")
    booted = _booted_seconds()

    def look() -> Iterator[Reading]:
        with suppress(FileNotFoundError):
            fields = _STAT.read_text().rpartition(")")[2].split()
            yield Reading(metric=rows.PROCESS_CPU, value=time.process_time())
            yield Reading(metric=rows.PROCESS_RESIDENT_MEMORY, value=int(fields[_RESIDENT]) * page_bytes)
            yield Reading(metric=rows.PROCESS_VIRTUAL_MEMORY, value=int(fields[_VIRTUAL]))
            yield Reading(metric=rows.PROCESS_OPEN_FDS, value=_open_files())
            yield Reading(metric=rows.PROCESS_MAX_FDS, value=resource.getrlimit(resource.RLIMIT_NOFILE)[0])
            yield Reading(metric=rows.PROCESS_START_TIME, value=booted + int(fields[_STARTED]) / ticks)

    return look


def _open_files() -> int:
    """How many there are: from Linux 6.2 on the size of their folder; before, it is 0 and they have to be listed."""
    return _FILES.stat().st_size or len(os.listdir(_FILES))  # noqa: PTH208 - names only


def _booted_seconds() -> int:
    with suppress(FileNotFoundError):
        for line in _BOOT.read_text().splitlines():
            if line.startswith("btime "):
                return int(line.split()[1])
    return 0
