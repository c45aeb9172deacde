"""When a connection's answers leave: with the others of their turn, and never later than the connection."""

import asyncio
from collections.abc import Callable

import pytest
from aiohttp import web

from middleware.inbound.exchange import Exchange
from middleware.inbound.outbox import Outbox
from middleware.inbound.turns import TurnProtocol
from tests.exchanges import Heard, answer

REQUEST = b"GET /a HTTP/1.1\r\nHost: localhost\r\n\r\n"
ANSWER = b"head,body;"


class Answers:
    """Answers everything with as many bytes."""

    maximum_body_bytes = 1_000

    def __init__(self, body: bytes) -> None:
        self.body = body

    async def __call__(self, exchange: Exchange) -> web.StreamResponse:
        return web.Response()

    def bytes_of(self, exchange: Exchange, response: web.StreamResponse) -> tuple[bytes, bytes]:
        return b"head,", self.body


class Line(Heard):
    """A transport that can be closed."""

    is_closed = False

    def close(self) -> None:
        self.is_closed = True

    def is_closing(self) -> bool:
        return self.is_closed

    def pause_reading(self) -> None:
        """Nothing is read here."""

    def resume_reading(self) -> None:
        """Likewise."""


async def connected(outbox: Outbox, *, body: bytes = b"body;") -> tuple[TurnProtocol, Line]:
    """A connection whose task waits for its first request."""
    line = Line()
    protocol = TurnProtocol(
        web.Server(answer), Answers(body), outbox=outbox, loop=asyncio.get_running_loop(), access_log=None
    )
    protocol.connection_made(line)
    await asyncio.sleep(0)
    return protocol, line


async def in_one_turn(work: Callable[[], object]) -> object:
    """Do it where no task is running, as the event loop does; what it gave."""
    done: asyncio.Future[object] = asyncio.get_running_loop().create_future()
    asyncio.get_running_loop().call_soon(lambda: done.set_result(work()))
    return await done


async def test_the_answers_of_a_turn_leave_together_after_it() -> None:
    outbox = Outbox()
    first, to_first = await connected(outbox)
    second, to_second = await connected(outbox)

    def both() -> tuple[bytes, bytes]:
        first.data_received(REQUEST)
        second.data_received(REQUEST)
        return to_first.data, to_second.data

    within = await in_one_turn(both)
    await asyncio.sleep(0)

    assert (within, to_first.data, to_second.data) == ((b"", b""), ANSWER, ANSWER)


async def test_what_is_ready_is_sent_before_its_connection_closes() -> None:
    protocol, line = await connected(Outbox())

    def ask_and_close() -> None:
        protocol.data_received(REQUEST)
        protocol.force_close()

    await in_one_turn(ask_and_close)

    assert (line.data, line.is_closed) == (ANSWER, True)


async def test_whoever_asks_for_more_at_once_is_answered_in_order_and_whole() -> None:
    protocol, line = await connected(Outbox())

    await in_one_turn(lambda: protocol.data_received(REQUEST * 3))
    await asyncio.sleep(0)

    assert line.data == ANSWER * 3


@pytest.mark.parametrize(("size", "is_sent"), [(16_384, False), (16_385, True)])
async def test_a_large_answer_waits_for_nobody(size: int, is_sent: bool) -> None:
    protocol, line = await connected(Outbox(), body=b"b" * size)

    def ask() -> bool:
        protocol.data_received(REQUEST)
        return bool(line.data)

    assert await in_one_turn(ask) == is_sent
