"""The fan-out: one event, every reader that wants it; a failing reader never fails the work it reads about.

Readers are called where the event happens, so each returns at once: it counts, or it hands what takes time to something
bounded that drops the rest and counts what it dropped (`log_sink.py`).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar, runtime_checkable

from telemetry.events import Event, Observe

EventT = TypeVar("EventT", bound=Event)
Read = Callable[[Any], None]
"""Takes the events of one kind, or of several."""


@runtime_checkable
class Selective(Protocol):
    """A reader that says, kind by kind, who takes an event; asked once for each kind, so that it may ask at length."""

    def reader_of(self, event: Event) -> Read | None:
        """Who takes this event and all others of its class; None where nobody wants them."""
        ...


def reading(_event: EventT, read: Callable[[EventT], None]) -> Read:
    """`read`, which the type checker has seen to take such an event."""
    return read


@dataclass(frozen=True, slots=True)
class Only(Generic[EventT]):
    """A reader of one kind of event."""

    kind: type[EventT]
    read: Callable[[EventT], None]

    def reader_of(self, event: Event) -> Read | None:
        """Who reads it, if it is of that kind."""
        return self.read if isinstance(event, self.kind) else None


class Observers:
    """Hands each event to every reader that wants it, in order; counts what a reader drops by failing.

    Who wants which kind of event is asked once, at the first of its kind: a reader costs nothing for the others.
    """

    __slots__ = ("_by_kind", "_readers", "dropped")

    def __init__(self, readers: Sequence[Observe | Selective]) -> None:
        self._readers = tuple(readers)
        self._by_kind: dict[type[Event], tuple[Read, ...]] = {}
        self.dropped = 0

    def __call__(self, event: Event) -> None:
        """Pass the event on; a reader's exception is counted and goes no further."""
        readers = self._by_kind.get(type(event))
        if readers is None:
            readers = self._by_kind[type(event)] = self._wanting(event)
        for read in readers:
            try:
                read(event)
            except Exception:  # noqa: BLE001 - whatever a reader raises, the observed work goes on
                self.dropped += 1

    def _wanting(self, event: Event) -> tuple[Read, ...]:
        asked = [reader.reader_of(event) if isinstance(reader, Selective) else reader for reader in self._readers]
        return tuple(read for read in asked if read is not None)
