"""A transaction: several statements on one connection, all of them or none."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from functools import partial
from types import TracebackType
from typing import Self

from middleware.errors import Bug, OutcomeUnknown, Problem
from middleware.outbound import BEFORE, WITHIN, outbound
from middleware.outbound.attempt_timeout import NoAnswer
from middleware.outbound.breaker import verdict_of
from middleware.outbound.circuit import Verdict
from middleware.outbound.layer import Senses
from middleware.outbound.policy import Policy
from middleware.outbound.see_through import await_through
from storage.postgres.array_text import Scalar
from storage.postgres.connection import PostgresConnection, Row
from storage.postgres.slot import Slot
from storage.postgres.slots import Slots
from storage.postgres.statement import Statement


class Transaction:
    """Enter it, run statements, leave it: it commits, or rolls back when the block raised.

    BEGIN travels with the first statement; a block that runs none costs no round trip. The commit is the call
    that bears the transaction's operation name.
    """

    __slots__ = (
        "_before",
        "_call",
        "_circuit",
        "_end_call",
        "_operation",
        "_permits",
        "_running",
        "_slot",
        "_slots",
        "_writes",
    )

    def __init__(self, slots: Slots[PostgresConnection], policy: Policy, *, senses: Senses, operation: str) -> None:
        torn = replace(policy, is_seen_through=False)  # before the commit nothing is changed for good
        self._slots = slots
        self._before = outbound(torn, senses=senses, stack=BEFORE)
        self._call = outbound(torn, senses=senses, stack=WITHIN)
        self._end_call = outbound(policy, senses=senses, stack=WITHIN)
        self._circuit = senses.breakers.of(policy)
        self._permits = senses.permits_of(policy)
        self._running = senses.running
        self._operation = operation
        self._slot: Slot[PostgresConnection] | None = None
        self._writes = False

    async def run(self, statement: Statement, parameters: Sequence[Scalar] = (), *, operation: str) -> list[Row]:
        """Execute one statement; raises what Pool.run raises.

        After an error of the server's nothing more can run here: let it leave the block, and repeat the whole
        block where it is a SerializationFailure. A connection lost before the commit has changed nothing, so it
        is Unavailable, never OutcomeUnknown.
        """
        connection = self._connection
        self._writes = self._writes or statement.writes
        begin = not connection.in_transaction
        return await self._call(operation, partial(connection.run, statement, parameters, begin=begin))

    @asynccontextmanager
    async def transaction(self, *, operation: str = "savepoint") -> AsyncIterator[Self]:
        """A part of this one: undone alone where its block raises, and done for good with the whole."""
        await self._script(operation, f"SAVEPOINT {_PART}")
        try:
            yield self
        except Exception:
            with suppress(Problem):  # the block's own error is the one to be told
                await self._script(operation, f"ROLLBACK TO SAVEPOINT {_PART}; RELEASE SAVEPOINT {_PART}")
            raise
        await self._script(operation, f"RELEASE SAVEPOINT {_PART}")

    async def _script(self, operation: str, script: str) -> None:
        connection = self._connection
        begin = "" if connection.in_transaction else "BEGIN; "
        await self._call(operation, partial(connection.execute, begin + script, writes=False))

    @property
    def _connection(self) -> PostgresConnection:
        if self._slot is None:
            raise RuntimeError("a transaction runs statements inside its block only")
        return self._slot.connection

    async def __aenter__(self) -> Self:
        await self._before("begin", self._begin)
        return self

    async def _begin(self) -> None:
        """Take a permit, held to the end, and a connection; ask for neither where nothing could be run on it."""
        if not self._circuit.lets_try:
            raise self._circuit.refusal()
        await self._permits.take()
        try:
            self._slot = await self._acquire()
        except BaseException:
            self._permits.give_back()
            raise

    async def _acquire(self) -> Slot[PostgresConnection]:
        """Take a connection: that none could be had counts with the breaker; that one was there says nothing yet."""
        admitted = self._circuit.admit()
        verdict: Verdict = "neutral"
        try:
            return await self._slots.acquire()
        except BaseException as error:
            verdict = verdict_of(error)
            raise
        finally:
            self._circuit.settle(admitted, verdict)

    async def __aexit__(
        self, _kind: type[BaseException] | None, error: BaseException | None, _traceback: TracebackType | None
    ) -> None:
        if self._slot is None:
            return
        slot, self._slot = self._slot, None
        if error is not None:
            await self._end(slot, error)
        else:  # a commit that has begun ends, whatever becomes of its caller
            await await_through(self._end(slot, None), has_begun=lambda: True, running=self._running)

    async def _end(self, slot: Slot[PostgresConnection], error: BaseException | None) -> None:
        try:
            await self._finish(slot.connection, error)
        finally:
            self._permits.give_back()
            self._slots.release(slot)

    async def _finish(self, connection: PostgresConnection, error: BaseException | None) -> None:
        if not connection.in_transaction:
            return
        if error is None and not connection.failed:
            await self._commit(connection)
        elif error is None:
            await self._roll_back(connection)
            raise Bug(SWALLOWED)
        elif isinstance(error, Exception):
            await self._roll_back(connection)
        else:  # cancelled: do not wait for the server, which rolls back when the socket closes
            connection.cut()

    async def _commit(self, connection: PostgresConnection) -> None:
        try:
            await self._end_call(self._operation, partial(connection.execute, "COMMIT", writes=self._writes))
        except NoAnswer as error:
            raise OutcomeUnknown from error

    async def _roll_back(self, connection: PostgresConnection) -> None:
        if not connection.closed:
            with suppress(Problem):  # the block's own error is the one to be told; the pool sees a lost connection
                await self._call("rollback", partial(connection.execute, "ROLLBACK", writes=False))


_PART = "part"
"""A savepoint's name; of several in each other, the innermost answers to it."""
SWALLOWED = "A statement of this transaction failed, its block went on: nothing was changed."
