"""One timer that looks after all connections of a server: whether what they send or take has become late."""

from collections.abc import Callable, Iterable
from typing import Protocol

from middleware.sweeper import CallLater

LOOK_SECONDS = 0.5
"""How often it looks, and so how late it may be: 2,000 connections take it a millisecond each time."""


class Watched(Protocol):
    """A connection."""

    def look(self, now: float) -> None:
        """Act on what has become late."""


class ConnectionWatch:
    """Looks at every connection, again and again while there are any."""

    __slots__ = ("_call_later", "_connections", "_is_awake", "_now")

    def __init__(
        self, connections: Callable[[], Iterable[Watched]], *, now: Callable[[], float], call_later: CallLater
    ) -> None:
        self._connections = connections
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
        now = self._now()
        for connection in list(self._connections()):
            connection.look(now)
            self.wake()
