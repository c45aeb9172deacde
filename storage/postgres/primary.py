"""Connect to whichever of several hosts is the primary."""

import asyncio
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Protocol

from middleware.errors import Unavailable
from middleware.outbound.policy import PoolPolicy
from storage.postgres.connect import NOWHERE_ELSE, connect
from storage.postgres.connection import PostgresConnection
from storage.postgres.hosts import Parameters, hosts_of
from storage.postgres.race import all_of, first_of
from storage.postgres.timeline import Fence

_STANDING = Path(__file__).with_name("standing.sql").read_text()
_NO_WRITES = 0


class Connect(Protocol):
    """Opens connections to one host; a test scripts its own."""

    async def __call__(self, dsn: str, policy: PoolPolicy, /, *, at: Parameters = NOWHERE_ELSE) -> PostgresConnection:
        """Return an open connection; raise Unavailable, or Overloaded where the server has no room."""


class NoPrimary(Unavailable):
    """None of the database's servers takes writes."""


class Primary:
    """Opens connections to the primary.

    With one host that is whoever answers there. Of several it is the one that takes writes on the latest timeline seen
    so far: each is asked by a connection of its own, the last primary first, so that one that hangs holds up nobody.
    As long as none has been seen, all are waited for, a moment at most: a primary that was given up and is back may be
    the first to answer.
    """

    def __init__(self, dsn: str, policy: PoolPolicy, *, connect: Connect = connect) -> None:
        self._dsn = dsn
        self._policy = policy
        self._connect = connect
        self._hosts = list(hosts_of(dsn))  # the last primary first
        self.fence = Fence()

    async def connect(self) -> PostgresConnection:
        """Return an open connection; raise Unavailable (NoPrimary), or Overloaded where the server has no room."""
        return await self._found(delay_seconds=self._policy.rival_delay_seconds)

    async def scout(self) -> PostgresConnection:
        """The same, sooner at the price of asking all hosts at once, and given up sooner."""
        try:
            async with asyncio.timeout(self._policy.scout_timeout_seconds):
                return await self._found(delay_seconds=0.0)
        except TimeoutError as error:
            raise Unavailable from error

    async def _found(self, *, delay_seconds: float) -> PostgresConnection:
        if len(self._hosts) == 1:
            return await self._connect(self._dsn, self._policy)
        connects = [partial(self._admitted, host) for host in self._hosts]
        if self.fence.is_blank:
            return _latest(await all_of(connects, patience_seconds=self._policy.scout_timeout_seconds))
        return await first_of(connects, delay_seconds=delay_seconds)

    async def _admitted(self, host: Parameters) -> PostgresConnection:
        """Connect to one host, if it is the primary."""
        try:
            async with asyncio.timeout(self._policy.connect_timeout_seconds):
                connection = await self._connect(self._dsn, self._policy, at=host)
                try:
                    timeline = await _timeline_of(connection)
                except BaseException:
                    connection.close()
                    raise
        except TimeoutError as error:
            raise Unavailable from error
        if timeline == _NO_WRITES or not self.fence.passes(timeline):
            connection.close()
            raise NoPrimary
        connection.use_while(partial(self.fence.passes, timeline))
        self._hosts.remove(host)
        self._hosts.insert(0, host)
        return connection


def _latest(found: Sequence[PostgresConnection]) -> PostgresConnection:
    """The one that no other has overtaken; the others are closed."""
    latest = next((one for one in found if not one.is_superseded), None)
    for one in found:
        if one is not latest:
            one.close()
    if latest is None:
        raise NoPrimary
    return latest


async def _timeline_of(connection: PostgresConnection) -> int:
    [(timeline,)] = await connection.execute(_STANDING, writes=False)
    if not isinstance(timeline, int):
        raise TypeError(timeline)
    return timeline
