"""An open connection to Redis, its other side played by the test."""

import asyncio

import pytest
from redis import exceptions

from storage.redis.redis_wire import Pipeline, Wire
from tests.hand_clock import HandClock

TIMEOUT_SECONDS = 0.2


class Transport(asyncio.Transport):
    """Keeps what is written."""

    def __init__(self) -> None:
        super().__init__()
        self.written: list[bytes] = []
        self.aborted = False
        self.protocol: asyncio.BaseProtocol | None = None

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        self.protocol = protocol

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written.append(bytes(data))

    def abort(self) -> None:
        self.aborted = True


class Sent:
    """A pipeline on its way, over a wire of its own."""

    def __init__(self, *commands: bytes) -> None:
        self.clock, self.transport = HandClock(), Transport()
        self.wire = Wire(self.transport, after=self.clock.clock.call_later, timeout_seconds=TIMEOUT_SECONDS)
        self.pipeline: Pipeline = {asyncio.get_running_loop().create_future(): command for command in commands}
        self.ends: list[Exception | None] = []
        self.wire.send(self.pipeline, self.ends.append)

    @property
    def replies(self) -> list[object]:
        """What has come, None where nothing has."""
        return [waiter.result() if waiter.done() else None for waiter in self.pipeline]


async def test_commands_leave_in_one_write_and_replies_come_in_their_order_however_they_are_cut() -> None:
    sent = Sent(b"a", b"b", b"c")

    for byte in b"+OK\r\n$3\r\nfoo\r\n*2\r\n:1\r\n$-1\r\n":
        sent.wire.data_received(bytes([byte]))

    assert (sent.transport.written, sent.replies, sent.ends) == ([b"abc"], [b"OK", b"foo", [1, None]], [None])
    assert sent.wire.is_open


async def test_an_error_is_a_reply_like_any_other() -> None:
    sent = Sent(b"a", b"b")

    sent.wire.data_received(b"-NOSCRIPT No matching script.\r\n:2\r\n")

    assert [type(reply) for reply in sent.replies] == [exceptions.NoScriptError, int]
    assert (sent.ends, sent.wire.is_open) == ([None], True)


async def test_a_server_that_has_been_replaced_is_left_once_all_is_answered() -> None:
    sent = Sent(b"a", b"b")

    sent.wire.data_received(b"-READONLY You can't write against a read only replica.\r\n:2\r\n")

    assert [type(reply) for reply in sent.replies] == [exceptions.ReadOnlyError, int]
    assert (sent.ends, sent.transport.aborted, sent.wire.is_open) == ([None], True, False)


async def test_whoever_left_is_skipped() -> None:
    sent = Sent(b"a", b"b")
    first, second = sent.pipeline
    first.cancel()

    sent.wire.data_received(b":1\r\n:2\r\n")

    assert (second.result(), sent.ends) == (2, [None])


async def test_a_pipeline_that_is_not_answered_in_time_ends_the_connection() -> None:
    sent = Sent(b"a", b"b")
    sent.wire.data_received(b":1\r\n")

    sent.clock.advance(TIMEOUT_SECONDS)

    assert (sent.replies, [type(end) for end in sent.ends]) == ([1, None], [TimeoutError])
    assert (sent.transport.aborted, sent.wire.is_open) == (True, False)


async def test_one_that_was_answered_in_time_is_not_ended_later() -> None:
    sent = Sent(b"a")
    sent.wire.data_received(b":1\r\n")

    sent.clock.advance(2 * TIMEOUT_SECONDS)

    assert (sent.ends, sent.wire.is_open) == ([None], True)


@pytest.mark.parametrize(
    ("brought", "failure"),
    [
        (b"-LOADING Redis is loading the dataset in memory\r\n", exceptions.BusyLoadingError),
        (b"-NOAUTH Authentication required.\r\n", exceptions.AuthenticationError),
        (b"no reply at all\r\n", exceptions.InvalidResponse),
    ],
)
async def test_a_server_that_wants_to_begin_anew_or_makes_no_sense_loses_the_connection(
    brought: bytes, failure: type[Exception]
) -> None:
    sent = Sent(b"a")

    sent.wire.data_received(brought)

    assert (sent.transport.aborted, sent.wire.is_open) == (True, False)
    assert [type(end) for end in sent.ends] == [failure]


async def test_a_reply_that_nobody_waits_for_ends_the_connection() -> None:
    sent = Sent(b"a")

    sent.wire.data_received(b":1\r\n:2\r\n")

    assert (sent.replies, sent.ends) == ([1], [None])
    assert (sent.transport.aborted, sent.wire.is_open) == (True, False)


@pytest.mark.parametrize(
    ("error", "failure"), [(None, exceptions.ConnectionError), (ConnectionResetError(), ConnectionResetError)]
)
async def test_who_waits_is_told_of_a_connection_that_is_lost(
    error: Exception | None, failure: type[Exception]
) -> None:
    sent = Sent(b"a")

    sent.wire.connection_lost(error)
    sent.wire.connection_lost(error)

    assert ([type(end) for end in sent.ends], sent.wire.is_open) == ([failure], False)


async def test_the_next_pipeline_goes_over_the_same_connection_at_once() -> None:
    sent = Sent(b"a")
    later: Pipeline = {asyncio.get_running_loop().create_future(): b"b"}
    ends: list[Exception | None] = []
    again = Sent(b"x")
    again.wire.data_received(b":0\r\n")

    again.wire.send(sent.pipeline, lambda _failure: again.wire.send(later, ends.append))
    again.wire.data_received(b":1\r\n:2\r\n")

    assert (sent.replies, [waiter.result() for waiter in later], ends) == ([1], [2], [None])
