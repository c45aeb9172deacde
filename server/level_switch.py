"""From which level the log is written, changed by a person while the service runs, for good or for a while."""

import asyncio
import time
from collections.abc import Callable

from middleware.sweeper import CallLater, Timer
from telemetry.events import LogLevel, LogLevelChanged, Observe
from telemetry.logs import Logs


def _call_later(delay_seconds: float, callback: Callable[[], object]) -> Timer:
    return asyncio.get_running_loop().call_later(delay_seconds, callback)


class LevelSwitch:
    """Turns the level and tells of it; one turned for a while falls back by itself to what the settings say."""

    def __init__(
        self,
        logs: Logs,
        observe: Observe,
        *,
        call_later: CallLater = _call_later,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._logs = logs
        self._observe = observe
        self._call_later = call_later
        self._now = now
        self._until = 0.0
        self._fall_back: Timer | None = None
        self.configured: LogLevel = logs.level

    @property
    def level(self) -> LogLevel:
        """From which level lines are written now."""
        return self._logs.level

    @property
    def seconds_left(self) -> float:
        """After which time the level falls back; 0 where it stays."""
        return 0.0 if self._fall_back is None else max(0.0, self._until - self._now())

    def turn(self, level: LogLevel, *, seconds: float = 0.0) -> None:
        """Write lines from `level` on, for so long, or with 0 until told otherwise."""
        if self._fall_back is not None:
            self._fall_back.cancel()
        self._fall_back = None
        if seconds:
            self._until = self._now() + seconds
            self._fall_back = self._call_later(seconds, self._end)
        self._use(level, seconds)

    def _end(self) -> None:
        self._fall_back = None
        self._use(self.configured, 0.0)

    def _use(self, level: LogLevel, seconds: float) -> None:
        self._logs.level = level
        self._observe(LogLevelChanged(level=level, seconds=seconds))
