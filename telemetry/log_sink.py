"""Where log lines go: a file descriptor, written once a loop tick, never waited for, with its losses counted."""

import asyncio
import os
import select
import stat
from collections import deque
from collections.abc import Callable

_MAX_WAITING_BYTES = 1 << 20
"""A megabyte is about 2,000 lines: half a second of a busy service, so a pause of its reader loses nothing."""

_SAFE_BYTES = select.PIPE_BUF
"""What a pipe that is ready for writing takes whole and at once (POSIX, `poll` and `PIPE_BUF`)."""

_FILE_BYTES = 1 << 16
"""What is written to a file at once: the kernel takes any number into its memory, or none as the disk is full."""

_RETRY_SECONDS = 0.05


def _say_nothing(_lines: int) -> None:
    """Tell nobody."""


class Sink:
    """Keeps lines until the end of the loop's tick and writes them together; give it whole lines.

    It asks the descriptor whether it is ready and writes no more than that surely takes: changing it to non-blocking
    would change it for everybody who shares it, a terminal's shell among them. Lines nobody takes are counted and let
    go of; once some are taken again, `tell_lost` is told how many were lost since it last was.
    """

    def __init__(
        self,
        descriptor: int,
        *,
        max_waiting_bytes: int = _MAX_WAITING_BYTES,
        tell_lost: Callable[[int], None] = _say_nothing,
    ) -> None:
        self._descriptor = descriptor
        self._max_waiting_bytes = max_waiting_bytes
        self._tell_lost = tell_lost
        self._chunk_bytes = _FILE_BYTES if stat.S_ISREG(os.fstat(descriptor).st_mode) else _SAFE_BYTES
        self._waiting: deque[bytes] = deque()
        self._waiting_bytes = 0
        self._scheduled = False
        self._is_torn = False
        """Whether a line was begun and not ended."""
        self._ends_another = False
        """Whether the next line has to end that one first, as its rest was lost."""
        self._told = 0
        self._poll = select.poll()
        self._poll.register(descriptor, select.POLLOUT)
        self.dropped = 0

    def write(self, line: bytes) -> None:
        """Take a line; where too much waits already, count it as dropped."""
        if self._waiting_bytes + len(line) > self._max_waiting_bytes:
            self.dropped += 1
            return
        if self._ends_another:
            line, self._ends_another = b"\n" + line, False
        self._waiting.append(line)
        self._waiting_bytes += len(line)
        if not self._scheduled:
            self._schedule(lambda loop: loop.call_soon(self._flush))

    def close(self, *, wait_seconds: float = 1.0) -> None:
        """Write what waits, waiting for a slow reader no longer than `wait_seconds` at a time."""
        self._drain(wait_seconds)
        self._let_go()

    def _schedule(self, when: Callable[[asyncio.AbstractEventLoop], object]) -> None:
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            self._drain(0)
            return
        self._scheduled = True
        when(loop)

    def _flush(self) -> None:
        self._scheduled = False
        self._drain(0)
        if self._waiting and not self._scheduled:
            self._schedule(lambda loop: loop.call_later(_RETRY_SECONDS, self._flush))

    def _drain(self, wait_seconds: float) -> None:
        was_taken = False
        while self._waiting and self._poll.poll(wait_seconds * 1000):
            parts = self._parts()
            chunk = b"".join(parts)
            try:
                written = os.write(self._descriptor, chunk)
            except BlockingIOError:  # whoever opened it made it non-blocking and it is full after all
                written = 0
            except OSError:
                self._put_back(parts)
                self._let_go()
                return
            self._put_back(_after(parts, written))
            if not written:
                return
            was_taken, self._is_torn = True, chunk[written - 1 : written] != b"\n"
        if was_taken and not self._waiting:
            self._tell()

    def _parts(self) -> list[bytes]:
        """Whole lines up to what is surely taken at once; of a longer line that much."""
        first = self._waiting.popleft()
        parts = [first[: self._chunk_bytes]]
        size = len(parts[0])
        if size < len(first):
            self._waiting.appendleft(first[size:])
        else:
            while self._waiting and size + len(self._waiting[0]) <= self._chunk_bytes:
                parts.append(self._waiting.popleft())
                size += len(parts[-1])
        self._waiting_bytes -= size
        return parts

    def _put_back(self, parts: list[bytes]) -> None:
        self._waiting.extendleft(reversed(parts))
        self._waiting_bytes += sum(map(len, parts))

    def _let_go(self) -> None:
        """Lose what waits."""
        self.dropped += len(self._waiting)
        self._waiting.clear()
        self._waiting_bytes = 0
        self._ends_another = self._is_torn

    def _tell(self) -> None:
        """Tell once of what was lost until now."""
        lost, self._told = self.dropped - self._told, self.dropped
        if lost:
            self._tell_lost(lost)


def _after(parts: list[bytes], written: int) -> list[bytes]:
    """What is left of them after so many bytes."""
    left = []
    for part in parts:
        if written < len(part):
            left.append(part[written:])
        written = max(0, written - len(part))
    return left
