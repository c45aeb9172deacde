"""The fan-out: one event, every reader that wants it; a failing reader never fails the work it reads about.

Readers are called where the event happens, so each returns at once: it counts, or it hands what takes time to something
bounded that drops the rest and counts what it dropped (`log_sink.py`).
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Generic, Protocol, TypeVar, runtime_checkable

from telemetry.context import RequestContext
from telemetry.events import Event, Observe, RequestFinished
from telemetry.glances import Glance, Whole, whole

_LOG = logging.getLogger(__name__)
_KINDS_TOLD = 20
"""Of failures, by their type and place: the first of each has its traceback in the log, the others are only counted."""

EventT = TypeVar("EventT", bound=Event)
Read = Callable[[Any], None]
"""Takes the events of one kind, or of several."""


@runtime_checkable
class Selective(Protocol):
    """A reader that says, kind by kind, who takes an event; asked once for each kind, so that it may ask at length."""

    def reader_of(self, event: Event) -> Read | None:
        """Who takes this event and all others of its class; None where nobody wants them."""
        ...


@runtime_checkable
class Binding(Selective, Protocol):
    """A reader that also says what it does with one very event, where that is told again and again."""

    def bound(self, event: Event) -> Callable[[], object] | None:
        """What to call each time this is told; None where nobody wants it."""
        ...


@runtime_checkable
class Glancing(Selective, Protocol):
    """A reader that need not be told everything of each request that was answered."""

    def glance_of(self, like: RequestFinished) -> Glance | None:
        """What looks at those with this one's method, route and status, the rest of which is not heeded; None for
        nothing. Asked once for all of them, it comes to the same as their events would."""
        ...


@dataclass(frozen=True, slots=True)
class Sure:
    """What a reader calls for one very event, where that cannot fail: it adds to a number, and nobody need guard it."""

    call: Callable[[], object]

    def __call__(self) -> None:
        """Count."""
        self.call()


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

    __slots__ = ("_by_kind", "_readers", "_told", "dropped")

    def __init__(self, readers: Sequence[Observe | Selective]) -> None:
        self._readers = tuple(readers)
        self._by_kind: dict[type[Event], tuple[Read, ...]] = {}
        self._told: set[tuple[type[Exception], str, int]] = set()
        self.dropped = 0

    def __call__(self, event: Event) -> None:
        """Pass the event on; a reader's exception is counted and goes no further."""
        readers = self._by_kind.get(type(event))
        if readers is None:
            readers = self._by_kind[type(event)] = self._wanting(event)
        for read in readers:
            try:
                read(event)
            except Exception as error:  # noqa: BLE001 - whatever a reader raises, the observed work goes on
                self._failed(error)

    def bound(self, event: Event) -> Callable[[], object]:
        """The same as to be called with this event, which is always the same: the readers have looked at it by then.

        Four events of a request are such; to tell metrics of one takes 0.1 µs instead of 0.5.
        """
        asked = [self._tell_of(reader, event) for reader in self._readers]
        told = [tell for tell in asked if tell is not None]
        if len(told) == 1 and isinstance(told[0], Sure):
            return told[0].call  # of those four it is metrics' counter alone
        told = [read.call if isinstance(read, Sure) else read for read in told]

        def tell() -> None:
            for read in told:
                try:
                    read()
                except Exception as error:  # noqa: BLE001 - as above
                    self._failed(error)

        return tell

    def glance_of(self, like: RequestFinished) -> Glance:
        """What looks at the requests answered like this one, for all readers; see `telemetry.glances`."""
        asked = [self._glance_of(reader, like) for reader in self._readers]
        glances = tuple(glance for glance in asked if glance is not None)

        def glance(seconds: float, context: RequestContext) -> Whole | None:
            wanting: list[Whole] = []
            for look in glances:
                try:
                    read = look(seconds, context)
                except Exception as error:  # noqa: BLE001 - as above
                    self._failed(error)
                else:
                    if read is not None:
                        wanting.append(read)
            return partial(self._hand, tuple(wanting)) if wanting else None

        return glance

    def _hand(self, readers: Sequence[Read], event: Event) -> None:
        for read in readers:
            try:
                read(event)
            except Exception as error:  # noqa: BLE001 - as above
                self._failed(error)

    def _wanting(self, event: Event) -> tuple[Read, ...]:
        asked = (self._read_of(reader, event) for reader in self._readers)
        return tuple(read for read in asked if read is not None)

    def _read_of(self, reader: Observe | Selective, event: Event) -> Read | None:
        if not isinstance(reader, Selective):
            return reader
        try:
            return reader.reader_of(event)
        except Exception as error:  # noqa: BLE001 - as above; it is not asked again about this kind
            self._failed(error)
            return None

    def _glance_of(self, reader: Observe | Selective, like: RequestFinished) -> Glance | None:
        if isinstance(reader, Glancing):
            return reader.glance_of(like)
        read = self._read_of(reader, like)
        return None if read is None else whole(read)

    def _tell_of(self, reader: Observe | Selective, event: Event) -> Callable[[], object] | None:
        if isinstance(reader, Binding):
            return reader.bound(event)
        read = self._read_of(reader, event)
        return None if read is None else partial(read, event)

    def _failed(self, error: Exception) -> None:
        """Count it; tell of the first of its kind, which may end in an event that the same reader fails at again."""
        self.dropped += 1
        kind = (type(error), *_place_of(error))
        if kind not in self._told and len(self._told) < _KINDS_TOLD:
            self._told.add(kind)
            _LOG.error("a reader of events failed", exc_info=error)


def _place_of(error: Exception) -> tuple[str, int]:
    """The file and the line that raised it."""
    place = error.__traceback__
    while place is not None and place.tb_next is not None:
        place = place.tb_next
    return ("", 0) if place is None else (place.tb_frame.f_code.co_filename, place.tb_lineno)


def glance_of(observe: Observe, like: RequestFinished) -> Glance:
    """What looks at the requests answered like this one: with the eyes of all readers, where there are several."""
    return observe.glance_of(like) if isinstance(observe, Observers) else whole(observe)


def bound(observe: Observe, event: Event) -> Callable[[], object]:
    """What tells this event each time it is called; whoever tells the same of many requests makes it once."""
    return observe.bound(event) if isinstance(observe, Observers) else partial(observe, event)
