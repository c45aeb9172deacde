"""Opens connections to whoever takes the commands now: a server that stays, or the primary that Sentinels name."""

import asyncio
from typing import Protocol, cast

from redis.asyncio.connection import AbstractConnection
from redis.exceptions import ConnectionError as NoConnection
from redis.exceptions import RedisError

from middleware.errors import Unavailable
from storage.redis.redis_url import Address, Node


class Opener(Protocol):
    """Opens connections; asked anew whenever one has ended."""

    async def open(self) -> AbstractConnection:
        """A connection that is open; raises OSError, TimeoutError or an error of redis-py's."""


class OpenerOfServer:
    """To one server, always the same."""

    def __init__(self, address: Address, node: Node | None = None, *, timeout_seconds: float) -> None:
        self._address = address
        self._node = node
        self._timeout_seconds = timeout_seconds

    async def open(self) -> AbstractConnection:
        """Connect to it."""
        return await opened(self._address.connection(self._node, timeout_seconds=self._timeout_seconds))


class OpenerOfPrimary:
    """To whom the Sentinels call primary, if it says so itself.

    All Sentinels are asked at once, so that one who hangs delays nobody, and those they name are tried in the order of
    the answers: a Sentinel that was cut off from the others may name a server that has been replaced.
    """

    def __init__(self, address: Address, *, timeout_seconds: float) -> None:
        self._address = address
        self._timeout_seconds = timeout_seconds

    async def open(self) -> AbstractConnection:
        """Connect to the primary."""
        asked = [asyncio.ensure_future(self._named_by(node)) for node in self._address.nodes]
        failure: Exception = NoConnection("no Sentinel answers")
        tried: set[Node] = set()
        try:
            for answer in asyncio.as_completed(asked):
                try:
                    named = await answer
                    if named not in tried:
                        tried.add(named)
                        return await self._primary(named)
                except (OSError, RedisError) as error:
                    failure = error
        finally:
            for task in asked:
                task.cancel()
            await asyncio.gather(*asked, return_exceptions=True)
        raise failure

    async def _named_by(self, sentinel: Node) -> Node:
        connection = await opened(self._address.sentinel(sentinel, timeout_seconds=self._timeout_seconds))
        try:
            reply = await asked_of(connection, "SENTINEL", "get-master-addr-by-name", self._address.service)
        finally:
            await connection.disconnect(nowait=True)
        match reply:
            case [bytes(host), bytes(port)]:
                return Node(host.decode(), int(port))
            case _:
                raise NoConnection("the Sentinels know no service of this name")

    async def _primary(self, named: Node) -> AbstractConnection:
        connection = await opened(self._address.connection(named, timeout_seconds=self._timeout_seconds))
        try:
            role = await asked_of(connection, "ROLE")
        except BaseException:
            await connection.disconnect(nowait=True)
            raise
        if isinstance(role, list) and role[0] == b"master":
            return connection
        await connection.disconnect(nowait=True)
        raise NoConnection("whom the Sentinels name is no primary")


async def answered(opener: Opener, *, within_seconds: float) -> None:
    """Return when whoever takes the commands answers one; raises Unavailable where it does not in time."""
    try:
        async with asyncio.timeout(within_seconds):
            connection = await opener.open()
            try:
                await asked_of(connection, "PING")
            finally:
                await connection.disconnect(nowait=True)
    except (OSError, RedisError) as error:
        raise Unavailable from error


async def opened(connection: AbstractConnection) -> AbstractConnection:
    """The connection, open; one that cannot be opened leaves nothing behind."""
    try:
        await connection.connect()  # type: ignore[no-untyped-call]  # redis-py's
    except BaseException:
        await connection.disconnect(nowait=True)
        raise
    return connection


async def asked_of(connection: AbstractConnection, *words: str) -> object:
    """The reply to one command on a connection that nobody else uses."""
    await connection.send_command(*words)
    return cast("object", await connection.read_response())
