"""The fan-out: one event, every reader; a failing reader never fails the work it reads about."""

from collections.abc import Sequence

from telemetry.events import Event, Observe


class Observers:
    """Hands each event to every reader, in order; counts what a reader drops by failing."""

    __slots__ = ("_readers", "dropped")

    def __init__(self, readers: Sequence[Observe]) -> None:
        self._readers = tuple(readers)
        self.dropped = 0

    def __call__(self, event: Event) -> None:
        """Pass the event on; a reader's exception is counted and goes no further."""
        for read in self._readers:
            try:
                read(event)
            except Exception:  # noqa: BLE001 - whatever a reader raises, the observed work goes on
                self.dropped += 1
