"""Requests as the layers get them, on a connection without a caller."""

import asyncio

from aiohttp import web
from aiohttp.http_parser import HttpRequestParserPy
from aiohttp.streams import EMPTY_PAYLOAD

from middleware.inbound.exchange import Exchange
from middleware.inbound.identify import CONTEXT
from telemetry.context import Identifier


class Heard(asyncio.Transport):
    """Keeps what is written."""

    def __init__(self, peer: str = "127.0.0.1") -> None:
        super().__init__({"peername": (peer, 40_000)})
        self.data = b""

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.data += data

    def is_closing(self) -> bool:
        return False


async def answer(_request: web.BaseRequest) -> web.Response:
    """Answer as shortly as can be."""
    return web.Response()


def connection(peer: str = "127.0.0.1") -> web.RequestHandler:
    """One of aiohttp's, as if from this address."""
    protocol = web.Server(answer)()
    protocol.transport = Heard(peer)
    return protocol


def exchange_of(target: str, method: str = "GET", *headers: str, peer: str = "127.0.0.1") -> Exchange:
    """What is made of a request, with a context."""
    protocol = connection(peer)
    text = "\r\n".join((f"{method} {target} HTTP/1.1", "Host: localhost", *headers, "", ""))
    messages, _, _ = HttpRequestParserPy(protocol, asyncio.get_running_loop(), 2**16).feed_data(text.encode())
    task = asyncio.current_task()
    assert task is not None
    exchange = Exchange(messages[0][0], EMPTY_PAYLOAD, protocol=protocol, task=task, maximum_body_bytes=2**20)
    exchange.context = exchange[CONTEXT] = Identifier()()
    return exchange
