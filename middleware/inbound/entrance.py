"""Whether connections are taken from the kernel, and how many: none above the cap, few while others wait."""

from typing import Protocol


class Listening(Protocol):
    """What takes connections; a Listener."""

    def pause(self) -> None:
        """Take none, until told otherwise."""

    def resume(self) -> None:
        """Take every one."""

    def admit_few(self, connections: int) -> None:
        """Take so many, and let the kernel hold few more."""


class Entrance:
    """Stands between the listeners and the connections of a server, of which there may be so many."""

    __slots__ = ("_connections", "_is_crowded", "_listeners", "_open")

    def __init__(self, connections: int) -> None:
        self._connections = connections
        self._listeners: list[Listening] = []
        self._open = 0
        self._is_crowded = False

    @property
    def is_full(self) -> bool:
        """Whether there are as many connections as there may be."""
        return self._open >= self._connections

    def add(self, listener: Listening) -> None:
        """Stand before this one too."""
        self._listeners.append(listener)

    def opened(self) -> None:
        """A connection has been made; stop where it is the last there is room for."""
        self._open += 1
        if self._open == self._connections:
            self._pause()

    def closed(self) -> None:
        """One has ended; go on where there is room again."""
        self._open -= 1
        if self._open == self._connections - 1 and not self._is_crowded:
            self._resume()

    def crowd(self) -> None:
        """More wait inside than can be answered soon: take no more of them, until `let_few` or `clear`."""
        if not self._is_crowded:
            self._is_crowded = True
            self._pause()

    def let_few(self, connections: int) -> None:
        """Still too many; yet nobody is kept out for good."""
        room = min(connections, self._connections - self._open)
        if room > 0:
            for listener in self._listeners:
                listener.admit_few(room)

    def clear(self) -> None:
        """Too many no longer."""
        if self._is_crowded:
            self._is_crowded = False
            if self._open < self._connections:
                self._resume()

    def _pause(self) -> None:
        for listener in self._listeners:
            listener.pause()

    def _resume(self) -> None:
        for listener in self._listeners:
            listener.resume()
