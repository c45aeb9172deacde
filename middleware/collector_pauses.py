"""How long the garbage collector stops the process: everything waits, whichever thread it runs in."""

import gc
import time
from collections import deque
from collections.abc import Callable, Mapping
from typing import Literal

from middleware.outbound.clock import CLOCK, Clock, Timer
from telemetry.events import GarbageCollected, Observe

TELL_SECONDS = 0.25
"""Between two tellings: readers are called on the event loop, and not in the middle of whatever made garbage."""

_YOUNGEST = 0
"""Runs over some hundreds of objects, thousands of times a minute, and takes microseconds: not worth a look."""

_KEPT = 1_000
"""Of a loop that stands still no more are told."""


class CollectorPauses:
    """Notes each run over the older generations, and tells of them from the event loop."""

    __slots__ = ("_clock", "_noted", "_now", "_observe", "_started", "_timer")

    def __init__(self, observe: Observe, *, clock: Clock = CLOCK, now: Callable[[], float] = time.perf_counter) -> None:
        self._observe = observe
        self._clock = clock
        self._now = now
        self._started = 0.0
        self._noted: deque[GarbageCollected] = deque(maxlen=_KEPT)
        self._timer: Timer | None = None

    def start(self) -> None:
        """Note until `stop`; an event loop must be running."""
        gc.callbacks.append(self.note)
        self._timer = self._clock.call_later(TELL_SECONDS, self._tell)

    def stop(self) -> None:
        """Note no more."""
        if self._timer is not None:
            self._timer.cancel()
            gc.callbacks.remove(self.note)

    def note(self, phase: Literal["start", "stop"], run: Mapping[str, int]) -> None:
        """What the interpreter calls before and after each run, one run at a time."""
        if run["generation"] == _YOUNGEST:
            return
        if phase == "start":
            self._started = self._now()
        else:
            pause_seconds = self._now() - self._started
            self._noted.append(GarbageCollected(generation=run["generation"], pause_seconds=pause_seconds))

    def _tell(self) -> None:
        while self._noted:
            self._observe(self._noted.popleft())
        self._timer = self._clock.call_later(TELL_SECONDS, self._tell)
