"""How many requests are at work: those let in within the last second that have not ended."""

_SLOTS_A_SECOND = 8
"""Requests are remembered by the eighth of a second in which they were let in: one count each, not one record."""
_SLOTS_REMEMBERED = _SLOTS_A_SECOND
"""What has run for a second waits for something else than this process: a stream, a long poll, a hung dependency.
A thousand of those cost a busy process nothing, and counted they would keep everybody else out."""


class AtWork:
    """A count that forgets. `enter` gives the slot that `leave` takes back."""

    __slots__ = ("_slots", "count")

    def __init__(self) -> None:
        self._slots: dict[int, int] = {}
        self.count = 0

    def enter(self, now: float) -> int:
        """Count one more; the slot it is counted in."""
        slot = int(now * _SLOTS_A_SECOND)
        if slot in self._slots:
            self._slots[slot] += 1
        else:
            self.forget(now)
            self._slots[slot] = 1
        self.count += 1
        return slot

    def leave(self, slot: int) -> None:
        """Count one less, unless it has been forgotten."""
        if slot in self._slots:
            self._slots[slot] -= 1
            self.count -= 1

    def forget(self, now: float) -> None:
        """Count no longer what was let in more than a second ago."""
        oldest = int(now * _SLOTS_A_SECOND) - _SLOTS_REMEMBERED
        for slot in [slot for slot in self._slots if slot < oldest]:
            self.count -= self._slots.pop(slot)
