"""How late the event loop is: what every request waits for besides its own work."""

from middleware.outbound.clock import CLOCK, Clock, Timer
from telemetry.events import EventLoopLagged, Observe

MEASURE_SECONDS = 0.25
"""Time between two measurements: a stall shorter than this is seen in proportion to its length, a longer one always."""


class LoopLag:
    """Asks to be called at an instant, again and again, and tells how much later it was."""

    __slots__ = ("_clock", "_due", "_observe", "_timer")

    def __init__(self, observe: Observe, *, clock: Clock = CLOCK) -> None:
        self._observe = observe
        self._clock = clock
        self._due = 0.0
        self._timer: Timer | None = None

    def start(self) -> None:
        """Measure until `stop`; an event loop must be running."""
        self._due = self._clock.now() + MEASURE_SECONDS
        self._timer = self._clock.call_later(MEASURE_SECONDS, self._measure)

    def stop(self) -> None:
        """Measure no more."""
        if self._timer is not None:
            self._timer.cancel()

    def _measure(self) -> None:
        self._observe(EventLoopLagged(lag_seconds=max(0.0, self._clock.now() - self._due)))
        self.start()
