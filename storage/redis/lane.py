"""One connection to Redis, on which one pipeline at a time is under way."""

import asyncio
from collections.abc import Mapping
from typing import cast

from redis.asyncio.connection import AbstractConnection
from redis.exceptions import ResponseError

from middleware.outbound.policy import RedisPolicy
from storage.redis.error_replies import is_read_only
from storage.redis.opening import Opener

Pipeline = Mapping[asyncio.Future[object], bytes]
"""Packed commands in their order, each under the future that waits for its reply."""


class Lane:
    """Carries pipelines on one of redis-py's connections; connects when first used and again after a failure.

    A server that says it is read-only has been replaced as the primary: the next pipeline looks for the one that is.
    """

    def __init__(self, opener: Opener, *, policy: RedisPolicy) -> None:
        self._opener = opener
        self._connection: AbstractConnection | None = None
        self._is_replaced = False
        self._connect_timeout_seconds = policy.connect_timeout_seconds
        self._reply_timeout_seconds = policy.socket_timeout_seconds

    async def carry(self, pipeline: Pipeline) -> None:
        """Send the commands in one write and settle each future with its reply, or with the ResponseError it is.

        Raises what ends a connection: TimeoutError, OSError, or any other error of redis-py's. The connection is gone
        then, and with it every reply still to come, which the next pipeline would otherwise take for its own.
        """
        try:
            connection = await self._connected()
            async with asyncio.timeout(self._reply_timeout_seconds):
                await connection.send_packed_command(b"".join(pipeline.values()), check_health=False)
                for waiter in pipeline:
                    settle(waiter, await self._reply(connection))
        except BaseException:
            await self.disconnect()
            raise
        if self._is_replaced:
            await self.disconnect()

    async def disconnect(self) -> None:
        """Drop the connection, without waiting for its end."""
        connection, self._connection, self._is_replaced = self._connection, None, False
        if connection is not None:
            await connection.disconnect(nowait=True)

    async def _connected(self) -> AbstractConnection:
        """A connection to a server that has not hung up: one that ended while idle must cost no command."""
        connection = self._connection
        if connection is not None:
            if connection.is_connected and not await connection.can_read():
                return connection  # nothing is awaited there, so anything to read would be the end
            await self.disconnect()
        async with asyncio.timeout(self._connect_timeout_seconds):
            self._connection = await self._opener.open()
        return self._connection

    async def _reply(self, connection: AbstractConnection) -> object:
        try:
            return cast("object", await connection.read_response(disconnect_on_error=False))
        except ResponseError as error:
            self._is_replaced = self._is_replaced or is_read_only(error)
            return error


def settle(waiter: asyncio.Future[object], reply: object) -> None:
    """Give a waiter what it waits for, unless it has left.

    An error is a result here: as an exception it would be reported lost when its waiter is cancelled at that moment.
    """
    if not waiter.done():
        waiter.set_result(reply)
