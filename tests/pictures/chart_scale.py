"""From times and values to places in a chart, with the ticks between."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from tests.pictures.asking import Span
from tests.pictures.inks import FAINT, GRID
from tests.pictures.shown_values import shown
from tests.pictures.strokes import Box, rule, text

_TICK_SECONDS = (5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 21_600, 43_200, 86_400)
_TICK_PIXELS = 75.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """A box in which a span of time goes across and values from `low` to `high` go up; `log` by their magnitude."""

    box: Box
    span: Span
    low: float
    high: float
    log: bool = False

    def x(self, time: float) -> float:
        """Where a time is."""
        return self.box.x + (time - self.span.start) / (self.span.end - self.span.start) * self.box.width

    def y(self, value: float) -> float:
        """Where a value is, within the box."""
        low, high, value = (
            math.log10(max(part, self.low)) if self.log else part for part in (self.low, self.high, value)
        )
        share = (value - low) / (high - low or 1)
        return self.box.y + self.box.height * (1 - min(1.0, max(0.0, share)))

    def value_ticks(self) -> list[float]:
        """Round values, a few of them."""
        if self.log:
            first, last = math.floor(math.log10(self.low)), math.ceil(math.log10(self.high))
            every = max(1, round((last - first) / 4))
            return [10.0**power for power in range(first, last + 1, every)]
        step = _round_step((self.high - self.low) / 4)
        return [step * number for number in range(math.ceil(self.low / step), math.floor(self.high / step + 1e-9) + 1)]

    def time_ticks(self) -> list[float]:
        """Round times, a few of them."""
        least = (self.span.end - self.span.start) * _TICK_PIXELS / self.box.width
        step = next((step for step in _TICK_SECONDS if step >= least), _TICK_SECONDS[-1])
        return [float(time) for time in range(math.ceil(self.span.start / step) * step, int(self.span.end) + 1, step)]

    def frame(self, unit: str, ticks: Sequence[tuple[float, str]] = ()) -> list[str]:
        """Grid and labels."""
        drawn = []
        for value, words in ticks or [(tick, shown(tick, unit)) for tick in self.value_ticks()]:
            y = self.y(value)
            drawn.append(rule((self.box.x, y), (self.box.x + self.box.width, y), ink=GRID))
            drawn.append(text(words, self.box.x - 6, y + 4, size=11, ink=FAINT, more='text-anchor="end"'))
        return drawn + self.times()

    def times(self) -> list[str]:
        """The labels of times, below."""
        foot = self.box.y + self.box.height + 15
        form = "%H:%M:%S" if self.span.end - self.span.start < 600 else "%H:%M"
        return [
            text(
                f"{datetime.fromtimestamp(time, UTC):{form}}",
                self.x(time),
                foot,
                size=11,
                ink=FAINT,
                more='text-anchor="middle"',
            )
            for time in self.time_ticks()
            if self.box.x + 18 <= self.x(time) <= self.box.x + self.box.width - 16
        ]


def ceiling(values: Sequence[float], *, least: float = 0.0) -> float:
    """A round value no less than all."""
    largest = max([least, *values])
    if largest <= 0:
        return 1.0
    step = _round_step(largest / 4)
    return step * math.ceil(largest / step - 1e-9)


def _round_step(least: float) -> float:
    magnitude = 10.0 ** math.floor(math.log10(least)) if least > 0 else 1.0
    return next(magnitude * size for size in (1, 2, 2.5, 5, 10) if magnitude * size >= least * 0.999)
