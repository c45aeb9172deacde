"""The pool: the one way to Postgres, through the outbound stack."""

import asyncio
from collections.abc import Coroutine, Sequence
from contextlib import AbstractAsyncContextManager
from functools import partial
from typing import Any

from middleware.errors import OutcomeUnknown, Overloaded, Unavailable
from middleware.outbound import outbound
from middleware.outbound.attempt_timeout import NoAnswer
from middleware.outbound.layer import Attempt, Call, Senses
from middleware.outbound.policy import PoolPolicy
from storage.postgres.array_text import Scalar
from storage.postgres.connection import Row
from storage.postgres.joint_question import Question
from storage.postgres.own_sessions import require_own_sessions
from storage.postgres.primary import Primary
from storage.postgres.slot import PoolSize
from storage.postgres.slots import Slots
from storage.postgres.statement import Statement
from storage.postgres.transaction import Transaction
from storage.scout import Scout

_GRACE_SECONDS = 0.25
"""How long the statement that is being prepared may last beyond its time, before it costs its connection."""


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
        senses: Senses,
        name: str = "postgres",
    ) -> None:
        primary = Primary(dsn, policy)
        self.fence = primary.fence
        """Whoever sees a later timeline tells it: connections of an earlier one are used no more."""
        self._slots = Slots(primary.connect, policy=policy, senses=senses, name=name)
        self.senses = senses
        """What its calls are given."""
        self._connect_timeout_seconds = policy.connect_timeout_seconds
        self._prepared_statements = policy.prepared_statements
        self._writes = policy.writes(name)
        self._write_permits = senses.permits_of(self._writes)
        self._scout = Scout(
            primary.scout,
            gates=[senses.breakers.of(policy.reads(name)), senses.breakers.of(self._writes)],
            welcome=self._slots.welcome,
            clock=senses.clock,
            interval_seconds=policy.scout_interval_seconds,
        )
        self._read = outbound(policy.reads(name), senses=senses)
        self._write = outbound(self._writes, senses=senses)
        self._keyed_write = outbound(policy.keyed_writes(name), senses=senses)

    @property
    def size(self) -> PoolSize:
        """How many connections are idle and used, how many callers wait, and the most connections there may be."""
        return self._slots.size

    @property
    def makes_writes_wait(self) -> bool:
        """Whether the next write has to wait for its permit."""
        return self._write_permits.free <= 0

    @property
    def is_writing(self) -> bool:
        """Whether a write is under way."""
        return self._write_permits.free < self._writes.bulkhead.permits

    async def open(self) -> None:
        """Open the least number of connections; raise Unavailable, its cause being the driver's, if it cannot.

        So too where a pooler shares the sessions behind them, which no prepared statement survives (own_sessions.py).
        """
        await self._slots.open()
        try:
            await self._require_own_sessions()
        except BaseException:
            await self._slots.close()
            raise
        self._scout.start()

    async def _require_own_sessions(self) -> None:
        if self.size.maximum == 1:
            return  # nobody to share with
        slots = [await self._slots.acquire(), await self._slots.acquire()]
        first, second = (slot.connection for slot in slots)
        try:
            await require_own_sessions(first, second, within_seconds=self._connect_timeout_seconds)
        finally:
            for slot in slots:
                self._slots.release(slot)

    async def close(self) -> None:
        """Let those who have a connection finish, within the close budget; close every connection."""
        await self._scout.stop()
        await self._slots.close()

    def run(
        self, statement: Statement, parameters: Sequence[Scalar] = (), *, operation: str
    ) -> Coroutine[Any, Any, list[Row]]:
        """Execute a prepared statement by itself, in one round trip; `parameters` are as `Statement.bind` gives them.

        A write whose answer was lost is made again only where it finds itself.

        Rows are tuples: text as bytes, integers, floats and booleans as themselves, NULL as None.
        """
        if statement.writes:
            attempt = partial(self._attempt, statement, parameters)
            return _written(operation, attempt, by=self._keyed_write if statement.finds_itself else self._write)
        if statement.tables:
            return self._read(operation, Question(statement, parameters, ask=self._attempt))
        return self._read(operation, partial(self._attempt, statement, parameters))

    async def prepare(self, statements: Sequence[Statement], *, within_seconds: float) -> int:
        """Prepare them on every connection there is, as many as time allows; how many are, on each of them.

        Half of what a connection keeps is left to what callers choose. What cannot be prepared is told when it is used.
        One that a locked table holds up has a moment more, and is then cut off with its connection.
        """
        usual = statements[: self._prepared_statements // 2]
        now = self.senses.clock.now
        until_seconds = now() + within_seconds
        slots = []
        try:
            async with asyncio.timeout(within_seconds + _GRACE_SECONDS):
                for _ in range(self.size.idle + self.size.used):
                    slots.append(await self._slots.acquire())  # noqa: PERF401 - what it has is let go of if the next fails
                preparing = [slot.connection.prepare(usual, until=lambda: now() >= until_seconds) for slot in slots]
                counts = await asyncio.gather(*preparing)
        except (TimeoutError, Overloaded, Unavailable):  # it does not answer, and callers will be told so
            return 0
        finally:
            for slot in slots:
                self._slots.release(slot)
        return min(counts, default=0)

    async def execute(self, script: str, *, operation: str = "script") -> list[Row]:
        """Run our own SQL, unprepared; several statements are one transaction; the last one's rows are returned."""
        return await _written(operation, partial(self._attempt_script, script), by=self._write)

    def transaction(self, *, operation: str = "transaction") -> AbstractAsyncContextManager[Transaction]:
        """Return a block in which several statements succeed or fail together."""
        return Transaction(self._slots, self._writes, senses=self.senses, operation=operation)

    async def _attempt(self, statement: Statement, parameters: Sequence[Scalar]) -> list[Row]:
        slot = self._slots.take() or await self._slots.acquire()
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


async def _written(operation: str, attempt: Attempt[list[Row]], *, by: Call) -> list[Row]:
    """Make a write; of one without an answer nobody knows what came of it."""
    try:
        return await by(operation, attempt)
    except NoAnswer as error:
        raise OutcomeUnknown from error
