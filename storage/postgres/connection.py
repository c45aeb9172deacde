"""One connection to Postgres: an aiopg connection, its kept cursor and the statements prepared on it.

This file, connect.py and watch.py are all that knows aiopg and psycopg2 by their methods.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import aiopg
import psycopg2
from psycopg2.extensions import BYTES, TRANSACTION_STATUS_IDLE, TRANSACTION_STATUS_INERROR, register_type

from middleware.errors import Invalid, Problem, SerializationFailure
from storage.postgres.array_text import Scalar
from storage.postgres.sql_comment import traced
from storage.postgres.sqlstate import EXECUTION_CLASSES, READ_ONLY, STALE_STATEMENT, is_lost, sqlstate_of, translated
from storage.postgres.statement import Statement
from storage.postgres.watch import WatchedConnection
from telemetry.events import DropReason

Row = tuple[object, ...]


class PostgresConnection:
    """Runs one thing at a time. Text columns come as bytes, undecoded; integers and booleans as themselves."""

    __slots__ = (
        "_bound",
        "_connection",
        "_doubtful",
        "_driver",
        "_fault",
        "_is_current",
        "_prepared",
        "_raw",
    )

    def __init__(self, connection: WatchedConnection, cursor: aiopg.Cursor, *, prepared_statements: int) -> None:
        self._connection = connection
        self._raw: Any = cursor.raw  # psycopg2's own, which has no types; fetching from it needs no coroutine
        self._driver: Any = connection.raw
        self._bound = prepared_statements
        self._prepared: OrderedDict[str, None] = OrderedDict()
        self._doubtful = False
        self._fault: DropReason | None = None
        self._is_current: Callable[[], bool] | None = None
        register_type(BYTES, self._raw)

    @property
    def fault(self) -> DropReason | None:
        """Why this connection must not be used by another caller; None where it may."""
        if self._fault is not None:
            return self._fault
        driver = self._driver
        if driver.closed or driver.get_transaction_status() != TRANSACTION_STATUS_IDLE:
            return "broken"
        return None if self._is_current is None or self._is_current() else "superseded"

    @property
    def is_superseded(self) -> bool:
        """Whether another server has taken this one's place."""
        return self._is_current is not None and not self._is_current()

    def use_while(self, is_current: Callable[[], bool]) -> None:
        """Have it used only as long as this is so."""
        self._is_current = is_current

    @property
    def closed(self) -> bool:
        """Whether the socket is gone, by our doing or the server's."""
        return bool(self._connection.closed)

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction is open on the server."""
        return bool(self._status != TRANSACTION_STATUS_IDLE)

    @property
    def failed(self) -> bool:
        """Whether the open transaction can only be rolled back."""
        return bool(self._status == TRANSACTION_STATUS_INERROR)

    @property
    def _status(self) -> int:
        status: int = self._driver.get_transaction_status()
        return status

    async def run(self, statement: Statement, parameters: Sequence[Scalar] = (), *, begin: bool = False) -> list[Row]:
        """Execute a prepared statement in one round trip; prepare it in the same one where it is not yet.

        `begin` opens a transaction in that round trip too. Raises what sqlstate.py makes of the server's errors,
        Elapsed when the server ended the statement for its time, Invalid for text that Postgres cannot hold. A
        statement that the server has forgotten, or whose result has another shape now, is prepared again;
        inside a transaction, which has failed by then, that is a SerializationFailure.
        """
        inside = begin or self._driver.get_transaction_status() != TRANSACTION_STATUS_IDLE
        try:
            try:
                return await self._invoke(statement, parameters, begin=begin)
            except psycopg2.Error as error:
                if sqlstate_of(error) not in STALE_STATEMENT:
                    raise
                self._forget()
                if inside:
                    raise SerializationFailure from error
                return await self._invoke(statement, parameters, begin=begin)
        except psycopg2.Error as error:
            raise self._translated(error, writing=statement.writes and not inside) from error

    async def prepare(self, statements: Sequence[Statement], *, until: Callable[[], bool]) -> int:
        """Prepare them, one after another, until that is so; how many of them are. Raises nothing of the server's."""
        count = 0
        for statement in statements:
            if until() or self.fault is not None:
                break
            if statement.name in self._prepared:
                count += 1
                continue
            try:
                await self._send(f"{self._room()}{statement.preparation}".encode())
            except psycopg2.Error:  # whoever uses it is told
                continue
            self._prepared[statement.name] = None
            count += 1
        return count

    async def execute(self, script: str, *, writes: bool = True) -> list[Row]:
        """Run our own SQL as it stands, several statements as one implicit transaction; return the last's rows."""
        try:
            return await self._send(traced(script).encode())
        except psycopg2.Error as error:
            raise self._translated(error, writing=writes) from error

    def cut(self) -> None:
        """Close in the middle of something, because its caller was cancelled."""
        self._fault = "cancelled"
        self.close()

    def abandon(self) -> None:
        """Close under the one who uses it, who is told that the connection is lost."""
        self._fault = "superseded"
        self._connection.close()

    def close(self) -> None:
        """Let go of the socket; the server ends what it was doing and rolls it back."""
        self._raw.close()
        self._connection.close()

    def _invoke(self, statement: Statement, parameters: Sequence[Scalar], *, begin: bool) -> Awaitable[list[Row]]:
        if begin or statement.name not in self._prepared:
            return self._prepare_and_invoke(statement, parameters, begin=begin)
        self._prepared.move_to_end(statement.name)
        return self._send(_invocation(statement, parameters))

    async def _prepare_and_invoke(
        self, statement: Statement, parameters: Sequence[Scalar], *, begin: bool
    ) -> list[Row]:
        script = self._script(statement, parameters, begin=begin)
        try:
            return await self._send(script)
        except BaseException as error:
            if not (isinstance(error, psycopg2.Error) and sqlstate_of(error)[:2] in EXECUTION_CLASSES):
                self._forget()  # whether PREPARE or EXECUTE failed cannot be told
            raise

    def _script(self, statement: Statement, parameters: Sequence[Scalar], *, begin: bool) -> bytes:
        """Write BEGIN, PREPARE and EXECUTE, as far as needed, and remember the statement as prepared."""
        invocation = _invocation(statement, parameters)
        parts = [b"BEGIN;"] if begin else []
        if statement.name not in self._prepared:
            parts += [self._room().encode(), statement.preparation.encode(), b";"]
        self._prepared[statement.name] = None
        self._prepared.move_to_end(statement.name)
        return b"".join([*parts, invocation])

    def _room(self) -> str:
        """Make room for one more prepared statement, and clear up where it is not known what is prepared."""
        if self._doubtful:
            self._doubtful = False
            return "DEALLOCATE ALL;"
        if len(self._prepared) < self._bound:
            return ""
        oldest, _ = self._prepared.popitem(last=False)
        return f"DEALLOCATE {oldest};"

    def _forget(self) -> None:
        self._prepared.clear()
        self._doubtful = True

    async def _send(self, operation: bytes) -> list[Row]:
        try:
            await self._connection.ask(self._raw, operation)
        except asyncio.CancelledError:
            self.cut()
            raise
        raw = self._raw
        rows: list[Row] = [] if raw.description is None else raw.fetchall()
        return rows

    def _translated(self, error: psycopg2.Error, *, writing: bool) -> Problem:
        lost = self.closed or is_lost(error)
        if lost:
            self._fault = self._fault or ("read_only" if sqlstate_of(error) == READ_ONLY else "broken")
        return translated(error, lost=lost, writing=writing)


def _invocation(statement: Statement, parameters: Sequence[Scalar]) -> bytes:
    try:
        return traced(statement.invoked_with(parameters)).encode()
    except ValueError as error:  # U+0000, or half of a surrogate pair
        raise Invalid(UNSTORABLE_TEXT) from error


UNSTORABLE_TEXT = "Text may contain neither NUL nor unpaired surrogates."
