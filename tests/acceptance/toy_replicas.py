"""Replicas that answer what they are asked, or lose it as a process does that is killed, and are ready or not."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from http import HTTPStatus

from aiohttp import web

from tests.ports import free_port

ADDRESSES = ("127.0.0.2", "127.0.0.3", "127.0.0.4")


@dataclass(slots=True)
class ToyReplicas:
    """What they have been sent, and how many requests they are still to lose."""

    variables: Mapping[str, str] = field(default_factory=dict)
    losing: int = 0
    are_ready: bool = True
    heard: list[Mapping[str, str]] = field(default_factory=list)
    """The headers of each request, in lower case."""

    async def answer(self, request: web.Request) -> web.Response:
        """Answer, or break the connection off as a process does that is killed."""
        await request.read()
        self.heard.append({name.lower(): value for name, value in request.headers.items()})
        if self.losing:
            self.losing -= 1
            assert request.transport is not None
            request.transport.abort()
            await asyncio.get_running_loop().create_future()
        return web.json_response({})

    async def ready(self, _request: web.Request) -> web.Response:
        """Answer a probe."""
        return web.Response(status=HTTPStatus.OK if self.are_ready else HTTPStatus.SERVICE_UNAVAILABLE)


@asynccontextmanager
async def toy_replicas(addresses: Sequence[str] = ADDRESSES) -> AsyncIterator[ToyReplicas]:
    """Run them until left, all of them or those at some addresses."""
    ports = free_port(), free_port()
    toys = ToyReplicas()
    toys.variables = {
        **{f"SHOP_{number}": address for number, address in enumerate(ADDRESSES, start=1)},
        "SHOP_PORT": str(ports[0]),
        "SHOP_ADMIN_PORT": str(ports[1]),
    }
    async with AsyncExitStack() as held:
        for answer, port in ((toys.answer, ports[0]), (toys.ready, ports[1])):
            app = web.Application()
            app.router.add_route("*", "/{path:.*}", answer)
            runner = web.AppRunner(app, handler_cancellation=True)
            held.push_async_callback(runner.cleanup)
            await runner.setup()
            for address in addresses:
                await web.TCPSite(runner, address, port).start()
        yield toys
