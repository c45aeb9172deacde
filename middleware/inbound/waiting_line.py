"""Requests that have arrived and are not let in yet: who of them is next, and who has waited for too long."""

from collections import OrderedDict
from typing import Protocol

from middleware.inbound.priorities import PRIORITIES, Priority


class Held(Protocol):
    """A request whose first bytes are kept unread; `arrived_seconds` is on the monotonic clock."""

    arrived_seconds: float

    @property
    def size_bytes(self) -> int:
        """How much is kept."""

    def let_in(self, slot: int) -> None:
        """Read it now; `slot` is to be given back at its end."""

    def refuse(self) -> None:
        """Answer that there is no room."""


class WaitingLine:
    """One line for each priority.

    Whoever came last is next: under overload the newest still has a caller, and the oldest perhaps none any more
    (adaptive LIFO: Maurer, "Fail at Scale", ACM Queue 13(8), 2015). So while more come than can be answered, some
    are answered at once and the rest is refused, instead of everybody being answered too late.
    """

    __slots__ = ("_lines", "size_bytes")

    def __init__(self) -> None:
        self.size_bytes = 0
        self._lines: dict[Priority, OrderedDict[Held, None]] = {priority: OrderedDict() for priority in PRIORITIES}

    def __len__(self) -> int:
        return sum(map(len, self._lines.values()))

    def join(self, held: Held, priority: Priority) -> None:
        """Take it in; one that the kernel has held for longer than all of these have waited stands behind them."""
        line = self._lines[priority]
        is_oldest = bool(line) and held.arrived_seconds < next(iter(line)).arrived_seconds
        line[held] = None
        self.size_bytes += held.size_bytes
        if is_oldest:
            line.move_to_end(held, last=False)

    def leave(self, held: Held) -> None:
        """Its caller has gone."""
        for line in self._lines.values():
            if held in line:
                del line[held]
                self.size_bytes -= held.size_bytes

    def newest(self) -> Held | None:
        """Take out who is next: of those that matter most, the last to come; None where nobody waits."""
        for line in self._lines.values():
            if line:
                return self._taken(line, last=True)
        return None

    def oldest(self, *, before: float) -> Held | None:
        """Take out, of those that came before an instant and matter least, the first to come; None without any."""
        for line in reversed(self._lines.values()):
            if line and next(iter(line)).arrived_seconds < before:
                return self._taken(line, last=False)
        return None

    def _taken(self, line: "OrderedDict[Held, None]", *, last: bool) -> Held:
        held, _ = line.popitem(last=last)
        self.size_bytes -= held.size_bytes
        return held
