"""A server that stops: no caller who asks while it does is left without an answer."""

import asyncio
import socket
from collections.abc import AsyncIterator

import pytest
from aiohttp import web

from middleware.inbound import inbound_of_admin
from middleware.inbound.binding import bind
from middleware.inbound.problem_server import ProblemRunner
from middleware.inbound.protocol import ConnectionPolicy, Edge
from telemetry.context import Identifier
from tests.integration.processes import until
from tests.recorder import Recorder

ASK = b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
DELAY_SECONDS = 0.3


class Desk:
    """A served application whose handler waits until it is let go on."""

    def __init__(self, runner: ProblemRunner, port: int) -> None:
        self.runner = runner
        self.port = port
        self.begun = asyncio.Event()
        self.go_on = asyncio.Event()

    async def handle(self, _request: web.Request) -> web.Response:
        self.begun.set()
        await self.go_on.wait()
        return web.Response(text="done")

    async def stop(self) -> None:
        """As a process stops: drain, then wait for what is under way."""
        await self.runner.drain(delay_seconds=DELAY_SECONDS)
        await self.runner.cleanup()


@pytest.fixture
async def desk(events: Recorder) -> AsyncIterator[Desk]:
    identify = Identifier()
    app = inbound_of_admin(events, make_context=identify).install(web.Application())
    edge = Edge(observe=events, make_context=identify)
    runner = ProblemRunner(app, edge, policy=ConnectionPolicy(), shutdown_seconds=5.0)
    desk = Desk(runner, 0)
    app.router.add_get("/", desk.handle)
    await runner.setup()
    desk.port = await runner.listen("127.0.0.1", port=0)
    yield desk
    desk.go_on.set()
    await runner.cleanup()


async def answer_to(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> str:
    """Ask over a connection; the head of the answer."""
    writer.write(ASK)
    return (await reader.readuntil(b"\r\n\r\n")).decode()


async def test_the_next_answer_on_a_kept_connection_is_its_last_and_says_so(desk: Desk) -> None:
    desk.go_on.set()
    reader, writer = await asyncio.open_connection("127.0.0.1", desk.port)
    before = await answer_to(reader, writer)
    await reader.readexactly(len("done"))

    stopping = asyncio.create_task(desk.stop())
    await asyncio.sleep(0)
    after = await answer_to(reader, writer)
    rest = await reader.read()
    writer.close()
    await stopping

    assert "Connection" not in before
    assert (after.splitlines()[0], "Connection: close" in after, rest) == ("HTTP/1.1 200 OK", True, b"done")


async def test_connections_are_taken_for_the_delay_and_end_with_their_answer(desk: Desk) -> None:
    desk.go_on.set()
    stopping = asyncio.create_task(desk.stop())
    await asyncio.sleep(0)

    reader, writer = await asyncio.open_connection("127.0.0.1", desk.port)
    head = await answer_to(reader, writer)
    writer.close()
    await stopping

    assert (head.splitlines()[0], "Connection: close" in head) == ("HTTP/1.1 200 OK", True)
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection("127.0.0.1", desk.port)


async def test_a_request_under_way_is_answered_and_an_idle_connection_closed(desk: Desk) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", desk.port)
    idle, idle_writer = await asyncio.open_connection("127.0.0.1", desk.port)
    writer.write(ASK)
    await desk.begun.wait()

    stopping = asyncio.create_task(desk.stop())
    nothing = await idle.read()
    assert not stopping.done()
    desk.go_on.set()
    answer = await reader.read()
    await stopping
    writer.close()
    idle_writer.close()

    assert nothing == b""
    assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
    assert b"Connection: close" in answer


async def test_who_the_kernel_still_holds_when_the_listener_closes_is_answered(desk: Desk) -> None:
    desk.go_on.set()
    with socket.create_connection(("127.0.0.1", desk.port)) as held:  # and the loop has had no turn since
        held.sendall(ASK)
        for site in list(desk.runner.sites):
            await site.stop()
        await desk.stop()
        answer = held.recv(1_000)

    assert answer.startswith(b"HTTP/1.1 200 OK\r\n")


async def test_what_another_process_listens_to_as_well_is_left_to_it(events: Recorder) -> None:
    identify = Identifier()
    app = inbound_of_admin(events, make_context=identify).install(web.Application())
    runner = ProblemRunner(
        app, Edge(observe=events, make_context=identify), policy=ConnectionPolicy(), shutdown_seconds=1.0
    )
    await runner.setup()
    bound = await bind("127.0.0.1", 0)
    kept = [one.dup() for one in bound.sockets]
    await runner.listen_on(type(bound)(sockets=bound.sockets, is_shared=True))
    with socket.create_connection(("127.0.0.1", bound.port)):
        await runner.drain(delay_seconds=0.0)
        await runner.cleanup()
        await until(lambda: _accepts(kept[0]))
    for one in kept:
        one.close()


def _accepts(listening: socket.socket) -> bool:
    try:
        connection, _ = listening.accept()
    except BlockingIOError:
        return False
    connection.close()
    return True
