"""One connection of a caller: a request, its whole answer, perhaps another request."""

import socket
from contextlib import suppress
from typing import Literal

from benchmarks.own_load import is_whole

Ended = Literal["good", "refused", "late", "broken"]

_RECEIVE_BYTES = 65_536


class Connection:
    """A socket that never blocks; `turn` counts its requests."""

    __slots__ = ("_received", "_socket", "_unsent", "asked_seconds", "is_asking", "is_kept", "number", "stream", "turn")

    def __init__(self, address: tuple[str, int], stream: str) -> None:
        self.stream = stream
        self.turn = 0
        self.asked_seconds = 0.0
        self.is_asking = False
        self.is_kept = True
        self._unsent = b""
        self._received = b""
        self._socket = socket.socket()
        self._socket.setblocking(False)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket.connect_ex(address)
        self.number = self._socket.fileno()

    def ask(self, request: bytes, now: float) -> None:
        """Send a request, or as soon as the connection stands."""
        self.turn += 1
        self.asked_seconds = now
        self.is_asking = True
        self._unsent = request
        self.send()

    def send(self) -> None:
        """Send what has not been; where the connection has ended, receiving will tell."""
        if self._unsent:
            with suppress(OSError):
                self._socket.send(self._unsent)
                self._unsent = b""

    def receive(self) -> Ended | None:
        """Take what has come; how the request has ended, or None where more is to come."""
        try:
            data = self._socket.recv(_RECEIVE_BYTES)
        except BlockingIOError:
            return None
        except OSError:
            return "broken"
        if not data:
            return "broken"
        self._received += data
        if not is_whole(self._received):
            return None
        answer, self._received = self._received, b""
        self.is_kept = b"onnection: close" not in answer
        return "good" if answer.startswith(b"HTTP/1.1 200 ") else "refused"

    def close(self) -> None:
        """Leave."""
        self._socket.close()
