"""One series each: a number that rises, one that moves, a distribution.

They belong to the event loop's thread and take no lock, so that counting costs about what the addition does.
"""

import time
from bisect import bisect_left
from collections.abc import Callable
from typing import NamedTuple


class Counter:
    """A number that only rises."""

    __slots__ = ("value",)

    def __init__(self) -> None:
        self.value = 0.0

    def inc(self, by: float = 1.0) -> None:
        """Count; `by` must not be negative."""
        self.value += by


class Gauge:
    """A number as it is now."""

    __slots__ = ("value",)

    def __init__(self) -> None:
        self.value = 0.0

    def inc(self) -> None:
        """One more."""
        self.value += 1.0

    def dec(self) -> None:
        """One less."""
        self.value -= 1.0

    def set(self, value: float) -> None:
        """Say what it is now."""
        self.value = value


class Example(NamedTuple):
    """One observation among those a bucket counts: the trace it belongs to, its value, when it was made (epoch)."""

    trace_id: str
    value: float
    at_seconds: float


class Histogram:
    """How many observations fell below each bound; `counts` has one more, for those above them all."""

    __slots__ = ("_bounds", "_now", "counts", "examples", "total")

    def __init__(self, bounds: tuple[float, ...], *, now: Callable[[], float] = time.time) -> None:
        self._bounds = bounds
        self._now = now
        self.counts = [0] * (len(bounds) + 1)
        self.examples: list[Example | None] | None = None
        self.total = 0.0

    def observe(self, value: float) -> None:
        """Count an observation; a bound counts what equals it."""
        self.total += value
        self.counts[bisect_left(self._bounds, value)] += 1

    def observe_traced(self, value: float, trace_id: str) -> None:
        """Count an observation and keep it as its bucket's example."""
        bucket = bisect_left(self._bounds, value)
        self.total += value
        self.counts[bucket] += 1
        if self.examples is None:
            self.examples = [None] * len(self.counts)
        self.examples[bucket] = Example(trace_id, value, self._now())


Series = Counter | Gauge | Histogram
