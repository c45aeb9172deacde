"""Requests that have arrived and are not let in yet: who of them is next, and who has waited for too long."""

from bisect import bisect_left, insort
from operator import attrgetter
from typing import Protocol

from middleware.inbound.priorities import PRIORITIES, Priority


class Held(Protocol):
    """A request whose first bytes are kept unread; `arrived_seconds` is on the monotonic clock."""

    arrived_seconds: float

    @property
    def size_bytes(self) -> int:
        """How much is kept."""

    def let_in(self, now: float) -> None:
        """Read it at this instant."""

    def refuse(self) -> None:
        """Answer that there is no room."""


class WaitingLine:
    """One line for each priority, in the order of arrival.

    Whoever came first is next; under overload it is whoever came last: the newest still has a caller then, and the
    oldest perhaps none any more (adaptive LIFO: Maurer, "Fail at Scale", ACM Queue 13(8), 2015). So while more come
    than can be answered, some are answered at once and the rest is refused, instead of everybody being answered too
    late. Were the newest always first, of a few dozen callers who each ask again once they are answered the same few
    would be answered all the time. Who has come last is not who joined last: a new connection may have lain in the
    kernel for longer than others have been held.
    """

    __slots__ = ("_lines", "count", "size_bytes")

    def __init__(self) -> None:
        self.count = 0
        self.size_bytes = 0
        self._lines: dict[Priority, list[Held]] = {priority: [] for priority in PRIORITIES}

    def join(self, held: Held, priority: Priority) -> None:
        """Take it in, at its place."""
        line = self._lines[priority]
        if not line or line[-1].arrived_seconds <= held.arrived_seconds:
            line.append(held)  # as all do but those that the kernel had held before
        else:
            insort(line, held, key=_ARRIVAL)
        self.count += 1
        self.size_bytes += held.size_bytes

    def leave(self, held: Held) -> None:
        """Its caller has gone."""
        for line in self._lines.values():
            for place in range(bisect_left(line, held.arrived_seconds, key=_ARRIVAL), len(line)):
                if line[place] is held:
                    self._taken(line, place)
                    return
                if line[place].arrived_seconds > held.arrived_seconds:
                    break

    def first(self) -> Held | None:
        """Take out, of those that matter most, the first to come; None where nobody waits."""
        return self._of_most(0)

    def newest(self) -> Held | None:
        """Take out, of those that matter most, the last to come; None where nobody waits."""
        return self._of_most(-1)

    def earliest_seconds(self) -> float | None:
        """When the first to come of all came; None where nobody waits."""
        return min((line[0].arrived_seconds for line in self._lines.values() if line), default=None)

    def oldest(self, *, before: float) -> Held | None:
        """Take out, of those that came before an instant and matter least, the first to come; None without any."""
        for line in reversed(self._lines.values()):
            if line and line[0].arrived_seconds < before:
                return self._taken(line, 0)
        return None

    def _of_most(self, place: int) -> Held | None:
        for line in self._lines.values():
            if line:
                return self._taken(line, place)
        return None

    def _taken(self, line: list[Held], place: int) -> Held:
        held = line.pop(place)
        self.count -= 1
        self.size_bytes -= held.size_bytes
        return held


_ARRIVAL = attrgetter("arrived_seconds")
