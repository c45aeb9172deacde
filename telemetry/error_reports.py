"""The reader that has bugs reported to people: few of each kind, off the event loop, each one accounted for."""

import asyncio
import queue
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from telemetry.events import Event, ExceptionCaught, Observe, ReportingChanged
from telemetry.report_limits import ReportLimits

ReportOutcome = Literal["sent", "rate_limited", "dropped", "failed"]
"""Taken; left out, by our limits or as whoever takes them wants fewer; found no room; or was not taken."""

NOTHING_REPORTED: Mapping[ReportOutcome, int] = dict.fromkeys(get_args(ReportOutcome), 0)
"""What has become of reports where none was made."""

WAITING_AT_MOST = 50
"""Reports that wait while another is on its way: more than the limits let through at once."""

FLUSH_SECONDS = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A bug to tell of, seen at an instant in seconds since 1970, and how many of its kind were left out before it."""

    caught: ExceptionCaught
    at_seconds: float
    left_out: int


@dataclass(frozen=True, slots=True)
class Delivery:
    """What became of a report; `reason` says in words why it was not taken."""

    outcome: Literal["sent", "rate_limited", "failed"]
    reason: str = ""


Send = Callable[[Report], Delivery]
"""Sends a report from a thread of its own: it may wait, for a while, and does not raise."""


class ErrorReports:
    """Hands each bug worth a report to `send`; nothing here waits for it, and close() only for a while.

    Whether reports are taken is told by ReportingChanged, each time that changes.
    """

    def __init__(
        self,
        send: Send,
        observe: Observe,
        *,
        limits: ReportLimits,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._send = send
        self._observe = observe
        self._limits = limits
        self._now = now
        self._waiting: queue.Queue[Report | None] = queue.Queue(WAITING_AT_MOST)
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._is_taken = True
        self._decided = dict(NOTHING_REPORTED)
        self._delivered = dict(NOTHING_REPORTED)
        """Each is written by one thread only."""

    @property
    def counts(self) -> Mapping[ReportOutcome, int]:
        """What became of all bugs until now; those that wait or are on their way are not in it yet."""
        return {outcome: count + self._delivered[outcome] for outcome, count in self._decided.items()}

    def reader_of(self, event: Event) -> Callable[[ExceptionCaught], None] | None:
        """Who reads bugs; nobody anything else."""
        return self.report if isinstance(event, ExceptionCaught) else None

    def report(self, event: ExceptionCaught) -> None:
        """Take a bug; call it on the event loop's thread."""
        left_out = self._limits.left_out_before(event.fingerprint, now=self._now()) if event.has_places else None
        if left_out is None:
            self._decided["rate_limited"] += 1
            return
        self._start()
        try:
            self._waiting.put_nowait(Report(caught=event, at_seconds=self._now(), left_out=left_out))
        except queue.Full:
            self._decided["dropped"] += 1

    def close(self, *, wait_seconds: float = FLUSH_SECONDS) -> None:
        """Have what waits sent, for so long at most; what is left then is dropped."""
        if self._thread is None:
            return
        try:
            self._waiting.put(None, timeout=wait_seconds)
        except queue.Full:
            pass
        else:
            self._thread.join(wait_seconds)
        while True:
            try:
                left = self._waiting.get_nowait()
            except queue.Empty:
                return
            self._decided["dropped"] += left is not None

    def _start(self) -> None:
        if self._thread is None:
            self._loop = asyncio.get_running_loop()
            self._thread = threading.Thread(target=self._work, name="error-reports", daemon=True)
            self._thread.start()

    def _work(self) -> None:
        while (report := self._waiting.get()) is not None:
            delivery = self._send(report)
            self._delivered[delivery.outcome] += 1
            self._tell(is_taken=delivery.outcome == "sent", reason=delivery.reason)

    def _tell(self, *, is_taken: bool, reason: str) -> None:
        loop = self._loop
        if is_taken != self._is_taken and loop is not None and not loop.is_closed():
            self._is_taken = is_taken
            loop.call_soon_threadsafe(self._observe, ReportingChanged(is_taken=is_taken, reason=reason))
