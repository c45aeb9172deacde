"""A Postgres that asks for a password and takes none (PostgreSQL manual, "Message Formats")."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

_ASK = b"R\x00\x00\x00\x08\x00\x00\x00\x03"
_FIELDS = b'SFATAL\0VFATAL\0C28P01\0Mpassword authentication failed for user "me"\0\0'
_REFUSE = b"E" + (len(_FIELDS) + 4).to_bytes(4) + _FIELDS


@asynccontextmanager
async def refusing_postgres() -> AsyncIterator[int]:
    """Serve until left; the port."""

    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        size = int.from_bytes(await reader.readexactly(4))
        await reader.readexactly(size - 4)
        writer.write(_ASK)
        await reader.readexactly(1)
        size = int.from_bytes(await reader.readexactly(4))
        await reader.readexactly(size - 4)
        writer.write(_REFUSE)
        writer.close()
        await writer.wait_closed()

    server = await asyncio.start_server(refuse, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]
