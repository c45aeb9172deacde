"""A proxy before Postgres that passes everything on, until it is told to lose an answer and the connection with it."""

import asyncio
from asyncio import StreamReader, StreamWriter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from psycopg2.extensions import make_dsn, parse_dsn

_CHUNK_BYTES = 65_536


class ForgetfulProxy:
    """Relays connections to the Postgres of a DSN."""

    def __init__(self, dsn: str) -> None:
        target = parse_dsn(dsn)
        self._socket = f"{target['host']}/.s.PGSQL.{target.get('port', 5432)}"
        self._word = b""

    def lose_answer_to(self, word: bytes) -> None:
        """Let the server do what next contains this word, and close its connection instead of passing on the answer."""
        self._word = word

    @property
    def has_forgotten(self) -> bool:
        """Whether that answer has been lost."""
        return not self._word

    async def relay(self, client: StreamReader, to_client: StreamWriter) -> None:
        """Serve one connection until either side ends it."""
        server, to_server = await asyncio.open_unix_connection(self._socket)
        doomed = asyncio.Event()
        directions = [
            asyncio.create_task(self._ask(client, to_server, doomed=doomed)),
            asyncio.create_task(_answer(server, to_client, doomed=doomed)),
        ]
        await asyncio.wait(directions, return_when=asyncio.FIRST_COMPLETED)
        to_client.close()
        to_server.close()
        await asyncio.wait(directions)

    async def _ask(self, client: StreamReader, to_server: StreamWriter, *, doomed: asyncio.Event) -> None:
        with suppress(ConnectionError):
            while asked := await client.read(_CHUNK_BYTES):
                if self._word and self._word in asked:
                    self._word = b""
                    doomed.set()
                to_server.write(asked)


async def _answer(server: StreamReader, to_client: StreamWriter, *, doomed: asyncio.Event) -> None:
    with suppress(ConnectionError):
        while (answer := await server.read(_CHUNK_BYTES)) and not doomed.is_set():
            to_client.write(answer)


@asynccontextmanager
async def forgetful_proxy(dsn: str) -> AsyncIterator[tuple[ForgetfulProxy, str]]:
    """A proxy before the Postgres of a DSN that names a socket, and the DSN through it."""
    proxy = ForgetfulProxy(dsn)
    server = await asyncio.start_server(proxy.relay, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        yield proxy, str(make_dsn(dsn, host="127.0.0.1", port=port))
