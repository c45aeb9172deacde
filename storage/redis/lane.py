"""One connection to Redis, on which one pipeline at a time is under way."""

import asyncio
from collections.abc import Mapping
from typing import cast

from redis.asyncio.connection import AbstractConnection
from redis.exceptions import ResponseError

from middleware.outbound.policy import RedisPolicy

Pipeline = Mapping[asyncio.Future[object], bytes]
"""Packed commands in their order, each under the future that waits for its reply."""


class Lane:
    """Carries pipelines on one of redis-py's connections; connects when first used and again after a failure."""

    def __init__(self, connection: AbstractConnection, *, policy: RedisPolicy) -> None:
        self._connection = connection
        self._connect_timeout_seconds = policy.connect_timeout_seconds
        self._reply_timeout_seconds = policy.socket_timeout_seconds

    async def carry(self, pipeline: Pipeline) -> None:
        """Send the commands in one write and settle each future with its reply, or with the ResponseError it is.

        Raises what ends a connection: TimeoutError, OSError, or any other error of redis-py's. The connection is gone
        then, and with it every reply still to come, which the next pipeline would otherwise take for its own.
        """
        try:
            await self._connect()
            async with asyncio.timeout(self._reply_timeout_seconds):
                await self._connection.send_packed_command(b"".join(pipeline.values()), check_health=False)
                for waiter in pipeline:
                    settle(waiter, await self._reply())
        except BaseException:
            await self.disconnect()
            raise

    async def disconnect(self) -> None:
        """Drop the connection, without waiting for its end."""
        await self._connection.disconnect(nowait=True)

    async def _connect(self) -> None:
        """Be connected to a server that has not hung up: one that ended while idle must cost no command."""
        if self._connection.is_connected:
            if not await self._connection.can_read():  # nothing is awaited, so anything to read is the end
                return
            await self.disconnect()
        async with asyncio.timeout(self._connect_timeout_seconds):
            await self._connection.connect()  # type: ignore[no-untyped-call]  # redis-py's

    async def _reply(self) -> object:
        try:
            return cast("object", await self._connection.read_response(disconnect_on_error=False))
        except ResponseError as error:
            return error


def settle(waiter: asyncio.Future[object], reply: object) -> None:
    """Give a waiter what it waits for, unless it has left.

    An error is a result here: as an exception it would be reported lost when its waiter is cancelled at that moment.
    """
    if not waiter.done():
        waiter.set_result(reply)
