"""An upstream for tests: a real HTTP server on loopback that answers as it is told and remembers what it was asked.

async with fake_upstream() as payments:
    payments.answers("POST", "/charges", status(503), json_answer({"id": "ch_1"}))
    async with served(service, environment={"PAYMENTS_URL": payments.url}) as shop:
        …
    assert [one.json["amount"] for one in payments.received] == ["9.50", "9.50"]
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

import orjson
from aiohttp import web
from multidict import CIMultiDictProxy

from storage.wire import rendered

Reply = Callable[[web.Request], Awaitable[web.StreamResponse]]
"""Answers one request: any aiohttp handler will do, one that never ends or breaks off its connection too."""

_BODY_BYTES = 2**30
_SERVER_STOPS_WITHIN_SECONDS = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """One request that came."""

    method: str
    path: str
    headers: CIMultiDictProxy[str]
    body: bytes

    @property
    def json(self) -> object:
        """The body, read."""
        return orjson.loads(self.body)


class FakeUpstream:
    """What stands for an upstream; `received` is all that came, in order."""

    def __init__(self) -> None:
        self.url = ""
        self.received: list[Received] = []
        self._replies: dict[tuple[str, str], list[Reply]] = {}

    def answers(self, method: str, path: str, *replies: Reply) -> None:
        """Answer the next requests to this address so, one after the other, and all others as the last of them."""
        self._replies[method, path] = list(replies)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer a request; 404 where nothing was said of its address."""
        body = await request.read()
        self.received.append(Received(method=request.method, path=request.path_qs, headers=request.headers, body=body))
        replies = self._replies.get((request.method, request.path), [status(404)])
        reply = replies.pop(0) if len(replies) > 1 else replies[0]
        return await reply(request)


@asynccontextmanager
async def fake_upstream(*, port: int = 0) -> AsyncIterator[FakeUpstream]:
    """Serve one on 127.0.0.1 until left, on a free port unless told which: one that is gone can come back."""
    fake = FakeUpstream()
    app = web.Application(client_max_size=_BODY_BYTES)
    app.router.add_route("*", "/{path:.*}", fake.handle)
    # what waits for a caller who has left would otherwise wait for ever, and be complained of once it is collected
    runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=_SERVER_STOPS_WITHIN_SECONDS)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", port)
        await site.start()
        fake.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        yield fake
    finally:
        await runner.cleanup()


def json_answer(value: object, *, status: int = 200, headers: Mapping[str, str] | None = None) -> Reply:
    """Answer with a model, or with plain data, as JSON."""
    body = rendered(value)

    async def reply(_request: web.Request) -> web.Response:
        return web.Response(body=body, status=status, headers=headers, content_type="application/json")

    return reply


def status(number: int, *, headers: Mapping[str, str] | None = None, body: bytes = b"") -> Reply:
    """Answer with this status, and with these bytes where there are any."""

    async def reply(_request: web.Request) -> web.Response:
        return web.Response(status=number, headers=headers, body=body)

    return reply


async def silence(_request: web.Request) -> web.StreamResponse:
    """Never answer: the caller has to give up."""
    await asyncio.Event().wait()
    raise AssertionError("nobody sets it")


async def breaking_off(request: web.Request) -> web.StreamResponse:
    """Reset the connection in the middle of an answer."""
    response = web.StreamResponse(headers={"Content-Length": "1000"})
    await response.prepare(request)
    await response.write(b"{")
    if request.transport is not None:
        request.transport.abort()
    return response
