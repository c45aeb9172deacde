"""What a request did and when, noted while it happens: plain values, made into spans only where somebody looks."""

from collections.abc import Callable
from contextvars import ContextVar

from telemetry.events import Event

NOTES_AT_MOST = 256
"""Of a request that does more, the beginning is known: a handler that asks a thousand times asks the same way."""

Note = tuple[float, int, Event]
"""When it was told, the number of the call it was told in (0 outside of any), and what."""

Mark = tuple[str, float]
"""A layer, and when the request reached it."""

CURRENT_CALL: ContextVar[int] = ContextVar("current_call", default=0)
"""The number of the call to a dependency that is being made, among the spans of its request."""


class Recording:
    """One request's notes, its marks, and how many of its spans have been numbered; seconds are of `now`.

    `left_out` is how many notes found no room.
    """

    __slots__ = ("_now", "_room", "drawn", "left_out", "marks", "notes")

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._room = NOTES_AT_MOST
        self.drawn = self.left_out = 0
        self.marks: list[Mark] = []
        self.notes: list[Note] = []

    def reach(self, layer: str) -> None:
        """Mark that the request has come as far as this layer: it is there until it reaches another."""
        self.marks.append((layer, self._now()))

    def hold(self, layer: str, *, since_seconds: float) -> None:
        """Mark where the request was before anything could read it."""
        self.marks.append((layer, since_seconds))

    def note(self, event: Event) -> None:
        """Keep what has just happened, while there is room."""
        if self._room > 0:
            self._room -= 1
            self.notes.append((self._now(), CURRENT_CALL.get(), event))
        else:
            self.left_out += 1

    def close(self) -> None:
        """Take no more notes: the request has ended, and what goes on in its name is not part of it."""
        self._room = 0

    def draw(self) -> int:
        """Give the number of another span below the request's own, which is 0."""
        self.drawn += 1
        return self.drawn
