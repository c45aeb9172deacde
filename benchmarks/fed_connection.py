"""A connection without a network: it feeds a server the bytes of a request again and again, and hears the answers."""

import asyncio
from typing import Any

from aiohttp import web

_PORT = 40_000


class FedConnection(asyncio.Transport):
    """Asks the same so many times, each time once it has been answered; `answer` is the last it heard."""

    def __init__(self, protocol: web.RequestHandler, request: bytes, *, times: int) -> None:
        super().__init__({"peername": ("127.0.0.1", _PORT)})
        self._protocol = protocol
        self._request = request
        self._left = times
        self._loop = asyncio.get_running_loop()
        self.ended: asyncio.Future[None] = self._loop.create_future()
        self.answer = b""
        protocol.connection_made(self)

    def begin(self) -> None:
        """Ask for the first time."""
        self._protocol.data_received(self._request)

    def end(self) -> None:
        """Hang up."""
        self._protocol.connection_lost(None)

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Hear an answer, whole as it is."""
        self.answer = bytes(data)
        self._left -= 1
        if self._left > 0:
            self._loop.call_soon(self._protocol.data_received, self._request)
        elif not self.ended.done():
            self.ended.set_result(None)

    def writelines(self, parts: Any) -> None:
        """Likewise."""
        self.write(b"".join(parts))

    def close(self) -> None:
        """Nobody should."""
        if not self.ended.done():
            self.ended.set_exception(ConnectionError(self.answer.decode(errors="replace")))

    def is_closing(self) -> bool:
        """Not before the end."""
        return False

    def get_write_buffer_size(self) -> int:
        """All is taken at once."""
        return 0

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        """There is no buffer."""

    def pause_reading(self) -> None:
        """It asks only once it has been answered."""

    def resume_reading(self) -> None:
        """Likewise."""
