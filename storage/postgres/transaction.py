"""A transaction: several statements on one connection, all of them or none."""

from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from types import TracebackType
from typing import Self

from middleware.errors import Bug, OutcomeUnknown, Problem
from middleware.outbound.attempt_timeout import NoAnswer
from middleware.outbound.layer import Call
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

    __slots__ = ("_call", "_operation", "_slot", "_slots", "_writes")

    def __init__(self, slots: Slots[PostgresConnection], call: Call, *, operation: str) -> None:
        self._slots = slots
        self._call = call
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

    @property
    def _connection(self) -> PostgresConnection:
        if self._slot is None:
            raise RuntimeError("a transaction runs statements inside its block only")
        return self._slot.connection

    async def __aenter__(self) -> Self:
        self._slot = await self._call("begin", self._slots.acquire)
        return self

    async def __aexit__(
        self, _kind: type[BaseException] | None, error: BaseException | None, _traceback: TracebackType | None
    ) -> None:
        slot, connection = self._slot, self._connection
        try:
            await self._finish(connection, error)
        finally:
            self._slot = None
            if slot is not None:
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
            await self._call(self._operation, partial(connection.execute, "COMMIT", writes=self._writes))
        except NoAnswer as error:
            raise OutcomeUnknown from error

    async def _roll_back(self, connection: PostgresConnection) -> None:
        if not connection.closed:
            with suppress(Problem):  # the block's own error is the one to be told; the pool sees a lost connection
                await self._call("rollback", partial(connection.execute, "ROLLBACK", writes=False))


SWALLOWED = "A statement of this transaction failed, its block went on: nothing was changed."
