"""Serves an application on a loopback port, and speaks to it in HTTP or in raw bytes."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

import aiohttp
from aiohttp import web
from multidict import CIMultiDictProxy

from middleware.inbound.problem_server import ProblemRunner
from middleware.inbound.protocol import ConnectionPolicy, Edge

_PATIENCE_SECONDS = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An answer, read to its end."""

    status: int
    headers: CIMultiDictProxy[str]
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Calls what listens at a port."""

    port: int
    session: aiohttp.ClientSession
    stop: Callable[[], Awaitable[None]]
    """Stops what is called; leaving `served` does it too."""

    async def __call__(self, method: str, path: str, **options: object) -> Answer:
        """Send a request; redirections are not followed."""
        url = f"http://127.0.0.1:{self.port}{path}"
        async with self.session.request(method, url, allow_redirects=False, **options) as response:  # type: ignore[arg-type]  # aiohttp's own keywords
            return Answer(status=response.status, headers=response.headers, body=await response.read())

    async def raw(self, sent: bytes) -> bytes:
        """Send bytes over a connection of their own and read until the other side closes it."""
        async with self.connected() as (reader, writer), asyncio.timeout(_PATIENCE_SECONDS):
            writer.write(sent)
            return await reader.read()

    @asynccontextmanager
    async def connected(self) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
        """Open a connection and close it when left."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            yield reader, writer
        finally:
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()


@asynccontextmanager
async def served(
    app: web.Application, edge: Edge, *, shutdown_seconds: float = 1.0, policy: ConnectionPolicy | None = None
) -> AsyncIterator[Caller]:
    """Serve on a free port until left."""
    runner = ProblemRunner(app, edge, policy=policy or ConnectionPolicy(), shutdown_seconds=shutdown_seconds)
    await runner.setup()
    try:
        port = await runner.listen("127.0.0.1", port=0)
        async with aiohttp.ClientSession() as session:
            yield Caller(port=port, session=session, stop=runner.cleanup)
    finally:
        await runner.cleanup()
