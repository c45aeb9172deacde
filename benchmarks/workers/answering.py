"""A worker of the comparison: bare aiohttp that answers with its process id, on sockets that its parent gives it.

python -m benchmarks.workers.answering listening DESCRIPTOR    # it accepts there by itself
python -m benchmarks.workers.answering given DESCRIPTOR        # its parent accepts, and sends it each connection
"""

import asyncio
import os
import socket
import sys

import uvloop
from aiohttp import web

_AT_ONCE = 16


async def _answer(_request: web.BaseRequest) -> web.Response:
    return web.Response(text=str(os.getpid()))


def application() -> web.Application:
    """The same for whoever runs applications."""
    app = web.Application()
    app.router.add_get("/", _answer)
    return app


async def _listen(descriptor: int) -> None:
    loop, server = asyncio.get_running_loop(), web.Server(_answer)
    listening = socket.socket(fileno=descriptor)
    listening.setblocking(False)
    await loop.create_server(server, sock=listening)
    await asyncio.Event().wait()


async def _take(descriptor: int) -> None:
    loop, server = asyncio.get_running_loop(), web.Server(_answer)
    channel = socket.socket(fileno=descriptor)
    channel.setblocking(False)

    async def connect(taken: socket.socket) -> None:
        taken.setblocking(False)
        await loop.connect_accepted_socket(server, taken)

    connecting: set[asyncio.Task[None]] = set()

    def given() -> None:
        try:
            _, descriptors, _, _ = socket.recv_fds(channel, _AT_ONCE, _AT_ONCE)
        except BlockingIOError:
            return
        for one in descriptors:
            task = loop.create_task(connect(socket.socket(fileno=one)))
            connecting.add(task)
            task.add_done_callback(connecting.discard)

    loop.add_reader(channel, given)
    await asyncio.Event().wait()


if __name__ == "__main__":
    how, where = sys.argv[1:]
    uvloop.run(_listen(int(where)) if how == "listening" else _take(int(where)))
