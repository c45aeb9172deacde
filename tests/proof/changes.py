"""What a fault changes on a panel, and when that is enough to be seen by whoever looks at it."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tests.pictures.asking import Line
from tests.pictures.shown_values import shown

AROUND_SECONDS = 3.0
"""What a fault does is seen until so long after it, as rates look back; what was so long before it is none of it."""

_VISIBLE_RATIO = 0.5
_VISIBLE_SHARE = 0.1
"""Of what cannot be more than everything: a tenth of the height of its panel."""

_SHARE = "percentunit"
AMONG_OTHERS = "\\*"
"""Marks a fault that was not made alone."""

Moments = tuple[float, float]
"""From when to when, in seconds since 1970."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """How high a line rose, or how low it fell, without a fault and during it, in the panel's unit.

    `is_alone` where no other fault was made of the same shop meanwhile; `is_new` where there was no such line before.
    The fault held for `seconds`, and is about what the dashboard is for where it `belongs`.
    """

    panel: str
    fault: str
    before: float
    during: float
    unit: str
    seconds: float
    belongs: bool
    is_alone: bool
    is_new: bool

    @property
    def size(self) -> float:
        """From 0, none, to 1: one of the two is nothing beside the other; more where they are on both sides of 0."""
        largest = max(abs(self.before), abs(self.during))
        return abs(self.during - self.before) / largest if largest else 0.0

    @property
    def is_visible(self) -> bool:
        """Whether it is twice as high or half as low; a share may also have moved by a tenth of the whole."""
        moved = abs(self.during - self.before)
        return self.size >= _VISIBLE_RATIO or (self.unit == _SHARE and moved >= _VISIBLE_SHARE)

    @property
    def worth(self) -> tuple[object, ...]:
        """The more, the better it shows what a fault does, and the likelier it is that this one did it."""
        return self.is_visible, not self.is_new, abs(self.during - self.before), self.belongs, -self.seconds

    @property
    def words(self) -> tuple[str, str, str]:
        """The fault, and both values as people read them."""
        fault = self.fault if self.is_alone else f"{self.fault} {AMONG_OTHERS}"
        return fault, shown(self.before, self.unit), shown(self.during, self.unit)


@dataclass(frozen=True, slots=True)
class History:
    """The points of a line, (time, value) in the order of time."""

    line: Line

    def within(self, span: Moments) -> Sequence[float]:
        """Its values from one moment to another, both included."""
        points = self.line.points
        first = bisect_left(points, span[0], key=lambda point: point[0])
        return [value for _, value in points[first : bisect_right(points, span[1], key=lambda point: point[0])]]

    def before(self, moment: float) -> Sequence[float]:
        """Its values for a while until then; where it had none for so long, the last one."""
        points = self.line.points[: bisect_right(self.line.points, moment, key=lambda point: point[0])]
        return self.within((moment - AROUND_SECONDS, moment)) or [value for _, value in points[-1:]]


def extremes(usual: Sequence[float], found: Sequence[float]) -> Iterator[tuple[float, float]]:
    """How high a line rose above its usual values, and how low it fell below them.

    One that was not there before was at 0. One that is not there any more says nothing: so do all lines of a process
    that is dead.
    """
    if found and max(found) > max(usual, default=0.0):
        yield max(usual, default=0.0), max(found)
    if found and min(found) < min(usual, default=0.0):
        yield min(usual, default=0.0), min(found)
