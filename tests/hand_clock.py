"""Time that moves when the test says so."""

from collections.abc import Callable
from dataclasses import dataclass

from middleware.outbound.clock import Clock


@dataclass(slots=True, kw_only=True)
class HandTimer:
    """Something due at an instant of a HandClock."""

    due: float
    callback: Callable[[], object]
    cancelled: bool = False

    def cancel(self) -> None:
        """Let it not happen."""
        self.cancelled = True


class HandClock:
    """Hand `clock` to what is tested, then `advance` it: what is due by then happens, in order."""

    def __init__(self, *, jitter: float = 0.0) -> None:
        self.instant = 0.0
        self._timers: list[HandTimer] = []
        self.clock = Clock(now=lambda: self.instant, call_later=self._call_later, jitter=lambda: jitter)

    def advance(self, seconds: float) -> None:
        """Let this much time pass."""
        end = self.instant + seconds
        while due := [timer for timer in self.pending if timer.due <= end]:
            timer = min(due, key=lambda one: one.due)
            self._timers.remove(timer)
            self.instant = max(self.instant, timer.due)
            timer.callback()
        self.instant = end

    def next_turn(self) -> None:
        """Let what is due now happen, and not what that brings about."""
        for timer in [timer for timer in self.pending if timer.due <= self.instant]:
            self._timers.remove(timer)
            timer.callback()

    def stall(self, seconds: float) -> None:
        """Let this much time pass with nothing happening, as where the event loop is held up."""
        self.instant += seconds

    @property
    def pending(self) -> list[HandTimer]:
        """What is still to happen."""
        return [timer for timer in self._timers if not timer.cancelled]

    def _call_later(self, delay_seconds: float, callback: Callable[[], object], /) -> HandTimer:
        timer = HandTimer(due=self.instant + delay_seconds, callback=callback)
        self._timers.append(timer)
        return timer
