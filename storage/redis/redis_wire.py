"""An open connection to Redis, whose replies settle futures as they arrive: no task, no stream, no lock.

redis-py connects, which takes TLS, a name and password, a database; then its transport is ours. A command costs 3 to
14 µs of CPU this way, the fewer the more leave together, and 15 to 36 through redis-py's streams.
"""

import asyncio
from collections.abc import Callable, Iterator, Mapping

from hiredis import Reader
from redis import exceptions
from redis._parsers.base import BaseParser

from middleware.sweeper import CallLater, Timer
from storage.redis.error_replies import is_read_only

Pipeline = Mapping[asyncio.Future[object], bytes]
"""Packed commands in their order, each under the future that waits for its reply."""

Ended = Callable[[Exception | None], object]
"""Is told once that a pipeline has ended, and what ended the connection before it was all answered."""

_NOTHING_YET = False
"""What hiredis gives where a reply is not complete; no reply of RESP2 is this."""


class Wire(asyncio.Protocol):
    """Carries one pipeline at a time; each has one timeout. What ends a pipeline early ends the connection too.

    A server that says it is read-only has been replaced as the primary: the pipeline is its last.
    """

    def __init__(self, transport: asyncio.WriteTransport, *, after: CallLater, timeout_seconds: float) -> None:
        """Take over a transport on which nothing is under way."""
        self._transport = transport
        self._after = after
        self._timeout_seconds = timeout_seconds
        self._reader = Reader(protocolError=exceptions.InvalidResponse, replyError=BaseParser.parse_error)
        self._waiters: Iterator[asyncio.Future[object]] = iter(())
        self._left = 0
        self._is_replaced = False
        self._ended: Ended | None = None
        self._timer: Timer | None = None
        self.is_open = True
        transport.set_protocol(self)

    def send(self, pipeline: Pipeline, ended: Ended) -> None:
        """Send the commands in one write, settle each future with its reply or the ResponseError it is; call `ended`.

        Nothing else may be under way.
        """
        self._waiters, self._left, self._ended = iter(pipeline), len(pipeline), ended
        self._timer = self._after(self._timeout_seconds, self._expire)
        self._transport.write(b"".join(pipeline.values()))

    def end(self, failure: Exception) -> None:
        """Drop the connection, and with it every reply still to come, which the next would take for its own."""
        self.is_open = False
        self._transport.abort()
        self._finish(failure)

    def data_received(self, data: bytes) -> None:
        """Hand each complete reply to whoever is next."""
        try:
            self._reader.feed(data)
            gets, reply = self._reader.gets, self._reader.gets()
            while reply is not _NOTHING_YET:
                self._take(reply)
                reply = gets()
        except exceptions.RedisError as error:
            self.end(error)

    def connection_lost(self, error: Exception | None) -> None:
        """The other side has ended it, or we have."""
        self.is_open = False
        self._finish(error or exceptions.ConnectionError("the server has closed the connection"))

    def _take(self, reply: object) -> None:
        if isinstance(reply, exceptions.ConnectionError):  # it wants other credentials, or is still loading
            raise reply
        if self._left == 0:
            raise exceptions.InvalidResponse("a reply that nobody waits for")
        if isinstance(reply, exceptions.ResponseError) and is_read_only(reply):
            self._is_replaced = True
        settle(next(self._waiters), reply)
        self._left -= 1
        if self._left == 0:
            self._answered()

    def _answered(self) -> None:
        if self._is_replaced:
            self.is_open = False
            self._transport.abort()
        self._finish(None)

    def _expire(self) -> None:
        self.end(TimeoutError())

    def _finish(self, failure: Exception | None) -> None:
        ended, self._ended = self._ended, None
        if self._timer is not None:
            self._timer.cancel()
        if ended is not None:
            ended(failure)


def settle(waiter: asyncio.Future[object], reply: object) -> None:
    """Give a waiter what it waits for, unless it has left.

    An error is a result here: as an exception it would be reported lost when its waiter is cancelled at that moment.
    """
    if not waiter.done():
        waiter.set_result(reply)
