"""The pool: the one way to Postgres, through the outbound stack."""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from functools import partial

from middleware.errors import OutcomeUnknown
from middleware.outbound import outbound
from middleware.outbound.attempt_timeout import NoAnswer
from middleware.outbound.clock import CLOCK, Clock
from middleware.outbound.layer import Senses
from middleware.outbound.policy import Policy, PoolPolicy
from storage.postgres.array_text import Scalar
from storage.postgres.connect import Connect, connect
from storage.postgres.connection import Row
from storage.postgres.slot import PoolSize
from storage.postgres.slots import Slots
from storage.postgres.statement import Statement
from storage.postgres.transaction import Transaction
from telemetry.events import Observe


@dataclass(frozen=True, slots=True, kw_only=True)
class Outside:
    """What the pool takes from the world; a test hands in its own."""

    connect: Connect = connect
    clock: Clock = CLOCK


OUTSIDE = Outside()
"""Real connections, real time."""


class Pool:
    """Runs statements on a few connections, for many callers at once.

    All it raises is ours: Conflict and Invalid (violation.py has the names), Elapsed, Overloaded, Unavailable,
    OutcomeUnknown for a write whose answer was lost, and Bug for an error that only a mistake of ours explains.
    """

    def __init__(
        self,
        dsn: str,
        *,
        policy: PoolPolicy,
        observe: Observe,
        name: str = "postgres",
        outside: Outside = OUTSIDE,
    ) -> None:
        senses = Senses(observe=observe, clock=outside.clock)
        self._slots = Slots(partial(outside.connect, dsn, policy), policy=policy, senses=senses, name=name)
        self._call = outbound(
            Policy(dependency="postgres", attempt_timeout_seconds=policy.attempt_timeout_seconds), senses=senses
        )

    @property
    def size(self) -> PoolSize:
        """How many connections are idle and used, how many callers wait, and the most connections there may be."""
        return self._slots.size

    async def open(self) -> None:
        """Open the least number of connections; raise Unavailable, its cause being the driver's, if it cannot."""
        await self._slots.open()

    async def close(self) -> None:
        """Let those who have a connection finish, within the close budget; close every connection."""
        await self._slots.close()

    async def run(self, statement: Statement, parameters: Sequence[Scalar] = (), *, operation: str) -> list[Row]:
        """Execute a prepared statement by itself, in one round trip; `parameters` are as `Statement.bind` gives them.

        Rows are tuples: text as bytes, integers, floats and booleans as themselves, NULL as None.
        """
        try:
            return await self._call(operation, partial(self._attempt, statement, parameters))
        except NoAnswer as error:
            if statement.writes:
                raise OutcomeUnknown from error
            raise

    async def execute(self, script: str, *, operation: str = "script") -> list[Row]:
        """Run our own SQL, unprepared; several statements are one transaction; the last one's rows are returned."""
        try:
            return await self._call(operation, partial(self._attempt_script, script))
        except NoAnswer as error:
            raise OutcomeUnknown from error

    def transaction(self, *, operation: str = "transaction") -> AbstractAsyncContextManager[Transaction]:
        """Return a block in which several statements succeed or fail together."""
        return Transaction(self._slots, self._call, operation=operation)

    async def _attempt(self, statement: Statement, parameters: Sequence[Scalar]) -> list[Row]:
        slot = await self._slots.acquire()
        try:
            return await slot.connection.run(statement, parameters)
        finally:
            self._slots.release(slot)

    async def _attempt_script(self, script: str) -> list[Row]:
        slot = await self._slots.acquire()
        try:
            return await slot.connection.execute(script)
        finally:
            self._slots.release(slot)
