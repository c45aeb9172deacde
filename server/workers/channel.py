"""The way between a supervisor and one worker; it ends when either does, and both notice."""

import asyncio
import socket
from collections.abc import AsyncIterator

from server.workers.messages import Message, line_of, message_in

_LONGEST_BYTES = 2**20
"""The reasons why a service file cannot be used are long, one a mistake."""


class Channel:
    """Sends and receives messages."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @classmethod
    async def over(cls, end: socket.socket) -> "Channel":
        """Over one end of a socket pair, which is closed with it."""
        return cls(*await asyncio.open_unix_connection(sock=end, limit=_LONGEST_BYTES))

    def send(self, message: Message) -> None:
        """Send it, unless the other side has gone."""
        if not self._writer.is_closing():
            self._writer.write(line_of(message))

    async def sent(self) -> None:
        """Wait until all is on its way, or the other side has gone."""
        try:
            await self._writer.drain()
        except ConnectionError:
            return

    async def receive(self) -> Message | None:
        """The next message; None when the other side has gone."""
        try:
            line = await self._reader.readline()
        except ConnectionError:
            return None
        return message_in(line) if line.endswith(b"\n") else None

    async def __aiter__(self) -> AsyncIterator[Message]:
        while (message := await self.receive()) is not None:
            yield message

    def close(self) -> None:
        """Let go of it."""
        self._writer.close()
