"""One timer that looks after all connections of a server: whether what they send or take has become late."""

from collections.abc import Callable, Iterable
from typing import Generic, Protocol, TypeVar

from middleware.sweeper import CallLater

LOOK_SECONDS = 0.5
"""How often it looks, and so how late it may be: 2,000 connections take it a millisecond each time."""


class Watched(Protocol):
    """A connection."""

    def look(self, now: float) -> None:
        """Act on what has become late."""


W = TypeVar("W", bound=Watched)


class ConnectionWatch(Generic[W]):
    """Looks at every connection, and then at all of them together, again and again while there are any."""

    __slots__ = ("_call_later", "_connections", "_is_awake", "_look_at_all", "_now")

    def __init__(
        self,
        connections: Callable[[], Iterable[W]],
        *,
        look_at_all: Callable[[list[W]], None],
        now: Callable[[], float],
        call_later: CallLater,
    ) -> None:
        self._connections = connections
        self._look_at_all = look_at_all
        self._now = now
        self._call_later = call_later
        self._is_awake = False

    def wake(self) -> None:
        """There is a connection."""
        if not self._is_awake:
            self._is_awake = True
            self._call_later(LOOK_SECONDS, self._look)

    def _look(self) -> None:
        self._is_awake = False
        now, connections = self._now(), list(self._connections())
        for connection in connections:
            connection.look(now)
            self.wake()
        self._look_at_all(connections)
