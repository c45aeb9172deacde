"""A place for one connection to Redis: it connects when first used and again after a failure."""

import asyncio
from functools import partial

from redis.asyncio.connection import AbstractConnection
from redis.exceptions import ConnectionError as NoConnection

from middleware.outbound.policy import RedisPolicy
from middleware.sweeper import CallLater
from storage.redis.opening import Opener
from storage.redis.redis_wire import Ended, Pipeline, Wire, settle


class Lane:
    """Carries one pipeline at a time on one of redis-py's connections, whose socket it takes over once it is open."""

    def __init__(self, opener: Opener, *, policy: RedisPolicy, after: CallLater) -> None:
        self._opener = opener
        self._after = after
        self._connect_timeout_seconds = policy.connect_timeout_seconds
        self._reply_timeout_seconds = policy.socket_timeout_seconds
        self._connection: AbstractConnection | None = None
        self._wire: Wire | None = None

    def send(self, pipeline: Pipeline, ended: Ended) -> bool:
        """Send the commands if the connection is open, and have `ended` called at their end; False where it is not.

        One that the server has ended while it was idle is not open: it must cost no command.
        """
        wire = self._wire
        if wire is None or not wire.is_open:
            return False
        wire.send(pipeline, ended)
        return True

    async def carry(self, pipeline: Pipeline) -> None:
        """Connect, send the commands, and settle each future with its reply, or with the ResponseError it is.

        Raises what ends a connection: TimeoutError, OSError, or any other error of redis-py's.
        """
        try:
            await _carried(await self._connected(), pipeline)
        except BaseException:
            await self.disconnect()
            raise

    def give_up(self) -> None:
        """Drop the connection at once, where it is idle; the next command opens another."""
        if self._wire is not None:
            self._wire.end(NoConnection("given up"))

    async def disconnect(self) -> None:
        """Drop the connection, without waiting for its end."""
        connection, self._connection = self._connection, None
        wire, self._wire = self._wire, None
        if wire is not None:
            wire.end(NoConnection("closed"))
        if connection is not None:
            await connection.disconnect(nowait=True)

    async def _connected(self) -> Wire:
        if self._wire is not None and self._wire.is_open:
            return self._wire
        await self.disconnect()
        async with asyncio.timeout(self._connect_timeout_seconds):
            self._connection = await self._opener.open()
        writer = self._connection._writer  # noqa: SLF001 - redis-py has no other name for it
        if writer is None:
            raise NoConnection("lost at once")
        self._wire = Wire(writer.transport, after=self._after, timeout_seconds=self._reply_timeout_seconds)
        return self._wire


async def _carried(wire: Wire, pipeline: Pipeline) -> None:
    ended: asyncio.Future[object] = asyncio.get_running_loop().create_future()
    wire.send(pipeline, partial(settle, ended))
    failure = await ended
    if isinstance(failure, Exception):
        raise failure
