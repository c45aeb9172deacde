"""A body that has come is had at once, and is then the same that aiohttp reads."""

import asyncio
import hashlib
import inspect

import pytest
from aiohttp import web
from aiohttp.streams import StreamReader

from middleware.inbound.body_at_hand import body_at_hand
from middleware.inbound.exchange import Exchange
from tests.exchanges import connection, exchange_of

AT_MOST = 10

READ_LAST = {
    StreamReader.__init__: "09c8a6dade356c41",
    StreamReader.feed_data: "7548cdda3ea70bf8",
    StreamReader.feed_eof: "01592f4473c176b3",
    StreamReader._read_nowait: "05fc75740b9d4d63",
    StreamReader._read_nowait_chunk: "672849652cf250d3",
    web.BaseRequest.read: "5b94964416f69903",
}
"""What ours is written against, and a digest of it as it was then. Where one of them has changed, read what and why,
whether `body_at_hand.py` has to follow, and put the new digest here."""


@pytest.mark.parametrize("theirs", READ_LAST, ids=lambda one: one.__qualname__)
def test_how_aiohttp_keeps_a_body_is_as_it_was_read(theirs: object) -> None:
    assert hashlib.sha256(inspect.getsource(theirs).encode()).hexdigest()[:16] == READ_LAST[theirs]  # type: ignore[index, arg-type]  # functions all


def bringing(*pieces: bytes, ends: bool = True) -> tuple[Exchange, StreamReader]:
    """A request of whose body these pieces have come."""
    protocol = connection()
    body = StreamReader(protocol, 2**16, loop=asyncio.get_running_loop())
    for piece in pieces:
        body.feed_data(piece)
    if ends:
        body.feed_eof()
    message = exchange_of("/", "POST")._message
    task = asyncio.current_task()
    assert task is not None
    return Exchange(message, body, protocol=protocol, task=task, maximum_body_bytes=AT_MOST), body


@pytest.mark.parametrize("pieces", [(b"whole",), (b"in ", b"pieces"), ()])
async def test_a_body_that_has_come_is_had_at_once_and_has_been_read_then(pieces: tuple[bytes, ...]) -> None:
    request, body = bringing(*pieces)

    found = body_at_hand(request)

    assert (found, await request.read(), body.at_eof(), await body.read()) == (*[b"".join(pieces)] * 2, True, b"")


async def test_a_body_that_has_been_read_is_had_again() -> None:
    request, _ = bringing(b"whole")
    await request.read()

    assert body_at_hand(request) == b"whole"


async def test_a_request_without_a_body_has_an_empty_one() -> None:
    assert body_at_hand(exchange_of("/", "POST")) == b""


async def test_a_body_that_is_still_to_come_is_waited_for() -> None:
    request, body = bringing(b"the ", ends=False)

    found = body_at_hand(request)
    body.feed_data(b"rest")
    body.feed_eof()

    assert (found, await request.read()) == (None, b"the rest")


async def test_a_body_of_which_a_part_was_taken_is_left_to_whoever_took_it() -> None:
    request, body = bringing(b"the rest")
    await body.read(4)

    assert (body_at_hand(request), await body.read()) == (None, b"rest")


async def test_a_body_above_the_limit_is_left_to_be_refused() -> None:
    request, _ = bringing(b"x" * (AT_MOST + 1))

    assert body_at_hand(request) is None
    with pytest.raises(web.HTTPRequestEntityTooLarge):
        await request.read()


async def test_a_body_that_broke_off_is_left_to_be_told_of() -> None:
    request, body = bringing(b"half", ends=False)
    body.set_exception(ConnectionError("gone"))

    assert body_at_hand(request) is None
    with pytest.raises(ConnectionError):
        await request.read()


async def test_a_body_in_chunks_is_waited_for_as_aiohttp_does() -> None:
    request, body = bringing(ends=False)
    body.begin_http_chunk_receiving()
    body.feed_data(b"chunk")
    body.end_http_chunk_receiving()
    body.feed_eof()

    assert (body_at_hand(request), await request.read()) == (None, b"chunk")
