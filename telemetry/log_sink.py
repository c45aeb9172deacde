"""Where log lines go: a file descriptor, written once a loop tick, never waited for, with its losses counted."""

import asyncio
import os
import select
from collections import deque
from collections.abc import Callable

_MAX_WAITING_BYTES = 1 << 20
"""A megabyte is about 3,000 lines: half a second of a busy service, so a pause of its reader loses nothing."""

_SAFE_BYTES = select.PIPE_BUF
"""What a pipe that is ready for writing takes whole and at once (POSIX, `poll` and `PIPE_BUF`)."""

_RETRY_SECONDS = 0.05


class Sink:
    """Keeps lines until the end of the loop's tick and writes them together; give it whole lines.

    It asks the descriptor whether it is ready and writes no more than that surely takes: changing it to non-blocking
    would change it for everybody who shares it, a terminal's shell among them.
    """

    def __init__(self, descriptor: int, *, max_waiting_bytes: int = _MAX_WAITING_BYTES) -> None:
        self._descriptor = descriptor
        self._max_waiting_bytes = max_waiting_bytes
        self._waiting: deque[bytes] = deque()
        self._waiting_bytes = 0
        self._scheduled = False
        self._poll = select.poll()
        self._poll.register(descriptor, select.POLLOUT)
        self.dropped = 0

    def write(self, line: bytes) -> None:
        """Take a line; where too much waits already, count it as dropped."""
        if self._waiting_bytes + len(line) > self._max_waiting_bytes:
            self.dropped += 1
            return
        self._waiting.append(line)
        self._waiting_bytes += len(line)
        if not self._scheduled:
            self._schedule(lambda loop: loop.call_soon(self._flush))

    def close(self, *, wait_seconds: float = 1.0) -> None:
        """Write what waits, waiting for a slow reader no longer than `wait_seconds` at a time."""
        self._drain(wait_seconds)
        self.dropped += len(self._waiting)
        self._waiting.clear()
        self._waiting_bytes = 0

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
        if self._waiting:
            self._schedule(lambda loop: loop.call_later(_RETRY_SECONDS, self._flush))

    def _drain(self, wait_seconds: float) -> None:
        while self._waiting and self._poll.poll(wait_seconds * 1000):
            chunk = self._chunk()
            try:
                written = os.write(self._descriptor, chunk)
            except BlockingIOError:  # whoever opened it made it non-blocking and it is full after all
                written = 0
            except OSError:
                self.dropped += 1 + len(self._waiting)
                self._waiting.clear()
                self._waiting_bytes = 0
                return
            if written < len(chunk):
                self._waiting.appendleft(chunk[written:])
                self._waiting_bytes += len(chunk) - written
                return

    def _chunk(self) -> bytes:
        """Whole lines up to what is surely taken at once; of a longer line that much."""
        first = self._waiting.popleft()
        parts = [first[:_SAFE_BYTES]]
        size = len(parts[0])
        if size < len(first):
            self._waiting.appendleft(first[size:])
        else:
            while self._waiting and size + len(self._waiting[0]) <= _SAFE_BYTES:
                parts.append(self._waiting.popleft())
                size += len(parts[-1])
        self._waiting_bytes -= size
        return b"".join(parts)
