"""Which requests are sent to a collector of traces, and the thread that sends them: bounded, paced, accounted for."""

import asyncio
import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from telemetry.ended_request import EndedRequest
from telemetry.events import Observe, TraceExportChanged
from telemetry.private_texts import redacted

ExportOutcome = Literal["exported", "dropped", "failed"]
"""Taken; found no room, or the process ended before its turn; or was not taken."""

NOTHING_EXPORTED: Mapping[ExportOutcome, int] = dict.fromkeys(get_args(ExportOutcome), 0)
"""What has become of requests where none is sent anywhere."""

Send = Callable[[Sequence[EndedRequest]], str]
"""Sends requests from a thread of its own: it may wait, for a while. Empty where they were taken, else why not."""

FLUSH_SECONDS = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportPolicy:
    """What is sent, and how much of it at most.

    A request is sent where its trace is sampled, or it failed, or it took `slow_seconds`. Half of the room is for those
    that failed or were slow, so that a flood of ordinary ones does not push out what people look for.
    """

    slow_seconds: float = 1.0
    waiting_requests: int = 2_000
    waiting_bytes: int = 8 * 2**20
    batch_requests: int = 32
    """Making and packing the spans of so many takes some milliseconds in which the event loop gets its turns late."""
    requests_a_second: float = 500.0
    """A caller may have all its requests sampled; what that costs is bounded: about a tenth of a core."""
    idle_seconds: float = 0.5
    after_failure_seconds: float = 5.0


class TraceExport:
    """Hands each request worth sending to `send`; nothing waits for it, and close() only for a while.

    Whether they are taken is told by TraceExportChanged, each time that changes.
    """

    def __init__(self, send: Send, observe: Observe, *, policy: ExportPolicy) -> None:
        self._send = send
        self._observe = observe
        self._policy = policy
        self._waiting: deque[tuple[EndedRequest, int]] = deque()
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping, self._given_up = threading.Event(), threading.Event()
        self._is_taken = True
        self._put_bytes = self._dropped = 0
        self._taken_bytes = self._exported = self._failed = 0
        """The numbers above are written by the event loop's thread only, these by the other one only."""

    @property
    def counts(self) -> Mapping[ExportOutcome, int]:
        """What became of all that were worth sending; those that wait or are on their way are not in it yet."""
        return {"exported": self._exported, "dropped": self._dropped, "failed": self._failed}

    def offer(self, ended: EndedRequest, size_bytes: int) -> None:
        """Take a request that has ended, of about this size; call it on the event loop's thread."""
        policy = self._policy
        is_sought = ended.has_failed or ended.ending.duration_seconds >= policy.slow_seconds
        if not is_sought and not ended.context.sampled:
            return
        share = 1.0 if is_sought else 0.5
        waiting_bytes = self._put_bytes - self._taken_bytes + size_bytes
        if len(self._waiting) >= policy.waiting_requests * share or waiting_bytes > policy.waiting_bytes * share:
            self._dropped += 1
            return
        self._put_bytes += size_bytes
        self._waiting.append((ended, size_bytes))
        if self._thread is None:
            self._start()

    def close(self, *, wait_seconds: float = FLUSH_SECONDS) -> None:
        """Have what waits sent, for so long at most; what is left then is dropped."""
        if self._thread is None:
            return
        self._stopping.set()
        self._thread.join(wait_seconds)
        self._given_up.set()
        while self._waiting:
            self._waiting.popleft()
            self._dropped += 1

    def _start(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._thread = threading.Thread(target=self._work, name="trace-export", daemon=True)
        self._thread.start()

    def _work(self) -> None:
        while not self._given_up.is_set():
            batch = self._batch()
            if not batch and self._stopping.is_set():
                return
            self._stopping.wait(self._exported_in_batch(batch) if batch else self._policy.idle_seconds)

    def _batch(self) -> list[EndedRequest]:
        batch: list[EndedRequest] = []
        while self._waiting and len(batch) < self._policy.batch_requests:
            ended, size_bytes = self._waiting.popleft()
            self._taken_bytes += size_bytes
            batch.append(ended)
        return batch

    def _exported_in_batch(self, batch: Sequence[EndedRequest]) -> float:
        """Send it; how long to wait before the next."""
        try:
            reason = self._send(batch)
        except Exception as error:  # noqa: BLE001 - whatever it is, the next ones may be sent
            reason = type(error).__name__
        if reason:
            self._failed += len(batch)
        else:
            self._exported += len(batch)
        self._tell(is_taken=not reason, reason=redacted(reason))
        policy = self._policy
        return policy.after_failure_seconds if reason else len(batch) / policy.requests_a_second

    def _tell(self, *, is_taken: bool, reason: str) -> None:
        loop = self._loop
        if is_taken != self._is_taken and loop is not None and not loop.is_closed():
            self._is_taken = is_taken
            loop.call_soon_threadsafe(self._observe, TraceExportChanged(is_taken=is_taken, reason=reason))
