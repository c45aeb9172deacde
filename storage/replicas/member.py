"""One server of the address: what it is, how far it has come, and the connections to read from it."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from functools import partial

from middleware.errors import Problem, Unavailable
from middleware.outbound import outbound
from middleware.outbound.layer import Senses
from middleware.outbound.policy import PoolPolicy
from storage.postgres.array_text import Scalar
from storage.postgres.connection import PostgresConnection, Row
from storage.postgres.slot import PoolSize
from storage.postgres.slots import Slots
from storage.postgres.statement import Statement
from storage.replicas.position import SERVER_POSITION, Seen, seen_in

LOOK_SECONDS = 0.5
"""A look takes less than a millisecond; who needs longer is too busy to be read from, or hangs."""


class NoReplica(Unavailable):
    """This server is no replica."""


class Member:
    """One server. It is looked at over a connection of its own, which waits for nothing that is read there.

    A server that was restarted may have replayed less than it had before, and behind one address there may be several.
    So every connection says for itself where its server is when it is opened, and is used only as long as that one is
    the last that was seen here.
    """

    def __init__(
        self,
        name: str,
        connect: Callable[[], Awaitable[PostgresConnection]],
        *,
        policy: PoolPolicy,
        senses: Senses,
    ) -> None:
        self.name = name
        self.seen: Seen | None = None
        self._open = connect
        self._now = senses.clock.now
        self._noted_at = 0.0
        self._life = 0
        self._watching: PostgresConnection | None = None
        self._slots: Slots[PostgresConnection] = Slots(self._connect, policy=policy, senses=senses, name=name)
        self._circuit = senses.breakers.of(policy.reads(name))
        self._call = outbound(policy.reads(name), senses=senses)

    @property
    def size(self) -> PoolSize:
        """The connections to read from it."""
        return self._slots.size

    @property
    def lets_read(self) -> bool:
        """Whether it was a replica when it was last looked at, and reads there do not all fail."""
        return self.seen is not None and self.seen.is_replica and self._circuit.lets_try

    async def open(self) -> None:
        """Begin to look after connections; there are none before the first read."""
        await self._slots.open()

    async def close(self) -> None:
        """Let reads finish, within the close budget; close every connection."""
        self._stop_watching()
        await self._slots.close()

    async def look(self) -> float:
        """Ask it how far it is; when it was asked. It is away where it does not say."""
        asked_at = self._now()
        try:
            async with asyncio.timeout(LOOK_SECONDS):
                if self._watching is None:
                    self._watching = await self._open()
                seen = await _ask(self._watching)
        except (Problem, TimeoutError):
            self._stop_watching()
            self._leave_behind()
            self.seen = None
        except BaseException:
            self._stop_watching()
            raise
        else:
            self._note(seen, asked_at=asked_at)
        return asked_at

    async def run(self, statement: Statement, parameters: Sequence[Scalar] = (), *, operation: str) -> list[Row]:
        """Execute a statement that reads; raises what Pool.run raises."""
        return await self._call(operation, partial(self._attempt, statement, parameters))

    async def _attempt(self, statement: Statement, parameters: Sequence[Scalar]) -> list[Row]:
        slot = await self._slots.acquire()
        try:
            return await slot.connection.run(statement, parameters)
        finally:
            self._slots.release(slot)

    async def _connect(self) -> PostgresConnection:
        asked_at = self._now()
        connection = await self._open()
        try:
            async with asyncio.timeout(LOOK_SECONDS):
                seen = await _ask(connection)
        except BaseException as error:
            connection.close()
            if isinstance(error, TimeoutError):
                raise Unavailable from error
            raise
        self._note(seen, asked_at=asked_at)
        if not seen.is_replica:
            connection.close()
            raise NoReplica
        connection.use_while(self._life_lasts())
        return connection

    def _life_lasts(self) -> Callable[[], bool]:
        life = self._life
        return lambda: life == self._life

    def _note(self, seen: Seen, *, asked_at: float) -> None:
        known = self.seen
        if known is not None and asked_at < self._noted_at and seen.position.place < known.position.place:
            return  # another answer has overtaken this one
        if known is not None and not _is_same(seen, known):
            self._leave_behind()
        self.seen, self._noted_at = seen, self._now()

    def _leave_behind(self) -> None:
        """Use no connection made so far; whoever waits on one is told that it is lost."""
        self._life += 1
        self._slots.abandon_superseded()

    def _stop_watching(self) -> None:
        if self._watching is not None:
            self._watching.close()
            self._watching = None


async def _ask(connection: PostgresConnection) -> Seen:
    return seen_in(await connection.execute(SERVER_POSITION, writes=False))


def _is_same(seen: Seen, known: Seen) -> bool:
    """Whether it is the server it was, in the same life and the same part."""
    return seen.began_at == known.began_at and seen.is_replica == known.is_replica
