"""Stands between a client and a server and does to their connections what bad networks do."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Literal

from psycopg2.extensions import make_dsn, parse_dsn

Mood = Literal["passes", "swallows", "refuses"]
"""What it does: carry everything; accept, take everything and give nothing; close whatever connects."""

_CHUNK_BYTES = 65_536


class TcpProxy:
    """One listening port in front of a Postgres whose socket lies in a folder."""

    def __init__(self, socket_path: str) -> None:
        self._socket_path = socket_path
        self._mood: Mood = "passes"
        self._answer_bytes: int | None = None
        self._asked = b""
        self._passing = asyncio.Event()
        self._passing.set()
        self._links: set[asyncio.Task[None]] = set()
        self.port = 0

    def swallow(self) -> None:
        """Take what comes, on old and on new connections, and pass nothing on."""
        self._mood = "swallows"
        self._passing.clear()

    def refuse(self) -> None:
        """Break every connection off, and each new one."""
        self._mood = "refuses"
        self.cut()

    def mend(self) -> None:
        """Carry everything again; what was swallowed is passed on late, as a network does."""
        self._mood = "passes"
        self._passing.set()

    def cut(self) -> None:
        """Break every connection off."""
        for link in self._links:
            link.cancel()

    def cut_after(self, answer_bytes: int, *, asked: bytes) -> None:
        """Break the connection off that next asks for this, once it has this many more bytes, in the middle of them."""
        self._answer_bytes, self._asked = answer_bytes, asked

    async def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """A client has connected."""
        link = asyncio.current_task()
        assert link is not None
        self._links.add(link)
        try:
            if self._mood != "refuses":
                await self._carry(reader, writer)
        except asyncio.CancelledError:
            pass  # cut: the server's callback must not be seen to fail
        finally:
            self._links.discard(link)
            writer.transport.abort()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self._passing.wait()
        from_server, to_server = await asyncio.open_unix_connection(self._socket_path)
        has_asked = asyncio.Event()
        pipes = [
            asyncio.create_task(self._ask(reader, to_server, has_asked)),
            asyncio.create_task(self._answer(from_server, writer, has_asked)),
        ]
        try:
            await asyncio.wait(pipes, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for pipe in pipes:
                pipe.cancel()
            await asyncio.wait(pipes)
            to_server.transport.abort()

    async def _ask(self, client: asyncio.StreamReader, server: asyncio.StreamWriter, has_asked: asyncio.Event) -> None:
        with suppress(OSError):
            while data := await client.read(_CHUNK_BYTES):
                await self._passing.wait()
                if self._answer_bytes is not None and self._asked in data:
                    has_asked.set()
                server.write(data)
                await server.drain()

    async def _answer(
        self, server: asyncio.StreamReader, client: asyncio.StreamWriter, has_asked: asyncio.Event
    ) -> None:
        with suppress(OSError):
            while data := await server.read(_CHUNK_BYTES):
                await self._passing.wait()
                if has_asked.is_set() and self._answer_bytes is not None:
                    data, left = data[: self._answer_bytes], self._answer_bytes - len(data)
                    self._answer_bytes = left if left > 0 else None
                    if left <= 0:
                        client.write(data)
                        return
                client.write(data)
                await client.drain()


@asynccontextmanager
async def proxied(dsn: str) -> AsyncIterator[tuple[TcpProxy, str]]:
    """A proxy in front of the Postgres of a DSN, and the DSN that leads through it."""
    found = parse_dsn(dsn)
    proxy = TcpProxy(f"{found['host']}/.s.PGSQL.{found['port']}")
    server = await asyncio.start_server(proxy.take, "127.0.0.1", 0)
    proxy.port = server.sockets[0].getsockname()[1]
    try:
        yield proxy, str(make_dsn(dsn, host="127.0.0.1", port=proxy.port))
    finally:
        server.close()
        proxy.cut()
        await server.wait_closed()
