"""One timer of the event loop for all the timeouts there are: coarse, and cheap to set and to call off.

A timing wheel (Varghese and Lauck, 1987) whose slots are kept by number: setting a timeout is one insertion into
the slot it falls due in, calling it off one removal. Nearly every timeout is called off, so this is what costs.
"""

import math
from collections.abc import Callable
from typing import Protocol

WIDTH_SECONDS = 0.01
"""A slot's width, and so how late a timeout may come: one that guards half a second or more is not worse for it."""

HELD_UP_SECONDS = 0.1
"""A sweep later than this says that the event loop was held up, by work of ours or as the machine gave us no time."""


class Timer(Protocol):
    """Something that will happen, unless cancelled before."""

    def cancel(self) -> object:
        """Let it not happen; harmless when it has."""


class CallLater(Protocol):
    """Arranges for `callback` to be called once, in `delay_seconds` from now."""

    def __call__(self, delay_seconds: float, callback: Callable[[], object], /) -> Timer:
        """Return the arrangement."""


def _nothing() -> None:
    """What a timeout calls that is over."""


class Due:
    """A timeout that has been set.

    Once it is over it holds nothing: whoever was to be called may hold it, and the circle would be left to the
    collector of garbage, which took a µs a request for it.
    """

    __slots__ = ("_slot", "_sweeper", "callback", "has_fired")

    def __init__(self, sweeper: "Sweeper", slot: "set[Due]", *, callback: Callable[[], object]) -> None:
        self._sweeper = sweeper
        self._slot = slot
        self.callback = callback
        self.has_fired = False

    def cancel(self) -> None:
        """Call it off; harmless when it has happened."""
        slot = self._slot
        if self in slot:
            slot.remove(self)
            self._sweeper.pending -= 1
            self.callback = _nothing


class Sweeper:
    """Calls back what has fallen due, at most one width late and never early; sleeps while nothing is set.

    A callback must not raise: what it does is cancel a task or answer a future.
    """

    __slots__ = ("_asleep", "_call_later", "_due", "_held_seconds", "_slots", "_swept", "_width", "now", "pending")

    def __init__(
        self, *, now: Callable[[], float], call_later: CallLater, width_seconds: float = WIDTH_SECONDS
    ) -> None:
        self.now = now
        self._call_later = call_later
        self._width = width_seconds
        self._slots: dict[int, set[Due]] = {}
        self._swept = 0
        self._asleep = True
        self._due = math.inf
        self._held_seconds = 0.0
        self.pending = 0

    def after(self, delay_seconds: float, callback: Callable[[], object]) -> Due:
        """Have `callback` called in `delay_seconds`, from the event loop."""
        return self.at(self.now() + delay_seconds, callback)

    def at(self, instant: float, callback: Callable[[], object]) -> Due:
        """Have `callback` called at an instant of the clock; one that has passed is as good as now."""
        if self._asleep:
            self._wake()
        number = max(int(instant / self._width) + 1, self._swept + 1)
        slot = self._slots.get(number)
        if slot is None:
            slot = self._slots[number] = set()
        due = Due(self, slot, callback=callback)
        slot.add(due)
        self.pending += 1
        return due

    def held_seconds(self, now: float) -> float:
        """How long the loop has been held up until `now`, in all, while anything was set; it only grows.

        Nothing is heard in such a time, so of whoever is waited for it says nothing.
        """
        late = now - self._due
        return self._held_seconds + late if late > HELD_UP_SECONDS else self._held_seconds

    def _wake(self) -> None:
        self._asleep = False
        self._slots.clear()
        now = self.now()
        self._swept = int(now / self._width)
        self._arrange(now)

    def _arrange(self, now: float) -> None:
        self._due = now + self._width
        self._call_later(self._width, self._sweep)

    def _sweep(self) -> None:
        now = self.now()
        self._held_seconds, self._due = self.held_seconds(now), math.inf
        reached = int(now / self._width)
        for number in range(self._swept + 1, reached + 1):
            self._swept = number
            self._fire(self._slots.pop(number, None))
        if self.pending:
            self._arrange(self.now())
        else:
            self._asleep = True

    def _fire(self, slot: set[Due] | None) -> None:
        while slot:
            due = slot.pop()
            self.pending -= 1
            due.has_fired = True
            callback, due.callback = due.callback, _nothing
            callback()
