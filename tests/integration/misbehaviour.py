"""Ways for a fake upstream to answer badly, beyond those a team needs for tests of its own."""

import asyncio
import gzip
from contextlib import suppress
from functools import cache

from aiohttp import web

from server.fake_upstream import Reply
from tests.integration.certificates import Files

_DRIP_SECONDS = 0.01
_CHUNK = b" " * 65_536


async def drip(request: web.Request) -> web.StreamResponse:
    """Send a body a byte at a time, without end."""
    response = web.StreamResponse()
    await response.prepare(request)
    with suppress(ConnectionError):
        while True:
            await response.write(b" ")
            await asyncio.sleep(_DRIP_SECONDS)
    return response


async def slow_body(request: web.Request) -> web.StreamResponse:
    """Take 0.3 s for a small body."""
    response = web.StreamResponse()
    await response.prepare(request)
    left = [b" "] * 30
    while left:
        await response.write(left.pop())
        await asyncio.sleep(_DRIP_SECONDS)
    await response.write(b'{"left": 3}')
    return response


async def endless(request: web.Request) -> web.StreamResponse:
    """Send a body without a length that never ends, as fast as it is taken."""
    response = web.StreamResponse()
    await response.prepare(request)
    with suppress(ConnectionError):
        while True:
            await response.write(_CHUNK)
    return response


async def no_answer(request: web.Request) -> web.StreamResponse:
    """Close the connection instead of answering."""
    if request.transport is not None:
        request.transport.close()
    return web.Response()


async def packed(_request: web.Request) -> web.StreamResponse:
    """Send what unpacks to a thousand times its size."""
    return web.Response(body=_bomb(), headers={"Content-Encoding": "gzip"})


@cache
def _bomb() -> bytes:
    return gzip.compress(b"0" * 50_000_000, compresslevel=1)


def answer_and_hang_up(then: Reply) -> Reply:
    """Promise to keep the connection, answer, and close it all the same."""

    async def reply(request: web.Request) -> web.StreamResponse:
        response = await then(request)
        await response.prepare(request)
        await response.write_eof()
        if request.transport is not None:
            request.transport.close()
        return response

    return reply


async def raw_answers(*answers: bytes, under: Files | None = None) -> asyncio.Server:
    """A server that writes these bytes, one after the other, whatever it is asked; `under` its certificate is TLS."""
    left = list(answers)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(left.pop(0) if len(left) > 1 else left[0])
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()

    return await asyncio.start_server(serve, "127.0.0.1", 0, ssl=None if under is None else under.identity)
