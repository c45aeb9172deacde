"""Creates that come together are made together, as one statement, and each has an answer of its own.

While something is written, those gather that come in one turn of the event loop, and go on doing so until there is a
permit, as a database gathers commits. Who comes alone is made alone. What makes this no less than each being made by
itself:

- An answer is given once the statement is committed and the cache knows of all it wrote.
- A row that anybody's stands in the way of is left out of the statement, and made alone: it is answered as ever.
- Where the statement is refused, nothing is written, and each is made alone. Where nobody knows what came of it, each
  is told so, and none is made again. One that were would find its own key taken: it has one before it is sent.
- Where there was no permit for it in time, each is turned away, as it would have been by now, and none waits again.
- Nobody's departure costs the others anything, nor does its deadline: the statement has a task of its own. Who leaves
  before it is sent is left out.
"""

import asyncio
import math
from collections.abc import Coroutine, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol

from middleware.deadlines import DEADLINE, seconds_left
from middleware.errors import OutcomeUnknown, Overloaded, Problem
from middleware.outbound.layer import Senses
from middleware.outbound.layer_policies import TogetherPolicy
from middleware.outbound.measure import ANSWERED, End, cause_of, end_of
from storage.company import Company, Place, Row
from storage.postgres.statement import Statement
from storage.runner import Runner, TransactionRunner
from telemetry.context import CURRENT_REQUEST
from telemetry.events import DependencyCalled
from telemetry.recording import CURRENT_CALL

TOGETHER = TogetherPolicy()

APART_SECONDS = 1.0
"""For how long all are made alone after a statement for several was refused: whoever breaks a rule again and again
costs the others one such statement a second."""

TEXT_AT_MOST = 4_096
"""Of a record that is made with others, in characters: of a longer one the statement itself is what costs."""


class Making(Runner, Protocol):
    """Runs the statements for several; the Pool."""

    @property
    def is_writing(self) -> bool:
        """Whether a write is under way."""

    @property
    def makes_writes_wait(self) -> bool:
        """Whether a write would wait for its permit."""


class Watch(Protocol):
    """Sees to it that a cache knows what a statement wrote; WatchedWrites.watched."""

    def __call__(
        self, statement: Statement, running: Coroutine[Any, Any, list[Row]], /
    ) -> Coroutine[Any, Any, list[Row]]:
        """The rows, once it does."""


class _Refused(Exception):  # noqa: N818 - it says what happened
    """A statement for several has written nothing; why is for each to find out."""


def unwatched(_statement: Statement, running: Coroutine[Any, Any, list[Row]], /) -> Coroutine[Any, Any, list[Row]]:
    """The Watch where there is no cache."""
    return running


class CreatesTogether:
    """A runner by which creates that come together are made so; everything else passes untouched.

    `runner` is the way of everything else, `pool` where the statements for several go, watched by `watch`.
    """

    def __init__(
        self,
        runner: TransactionRunner,
        pool: Making,
        *,
        watch: Watch,
        senses: Senses,
        policy: TogetherPolicy = TOGETHER,
    ) -> None:
        self._runner = runner
        self._pool = pool
        self._watch = watch
        self._senses = senses
        self._policy = policy
        self._now = senses.clock.now
        self._gathering: dict[str, Company] = {}
        """By the statement for one of them."""
        self._apart_until: dict[str, float] = {}
        """Likewise, on the clock."""

    def run(
        self, statement: Statement, parameters: Sequence[Any] = (), *, operation: str
    ) -> Coroutine[Any, Any, list[Row]]:
        """Run one statement; raises what the runner raises."""
        if statement.of_several is not None and statement.writes and self._pool.is_writing:
            return self._run_in_company(statement, parameters, operation=operation)
        return self._runner.run(statement, parameters, operation=operation)

    def transaction(self, *, operation: str = "transaction") -> AbstractAsyncContextManager[TransactionRunner]:
        """A block whose statements belong together, and to no company."""
        return self._runner.transaction(operation=operation)

    async def _run_in_company(self, statement: Statement, parameters: Sequence[Any], *, operation: str) -> list[Row]:
        started = self._now()
        company = self._company_for(statement, parameters, now=started)
        if company is None:
            return await self._runner.run(statement, parameters, operation=operation)
        leads = company.is_empty
        place = company.join(parameters)
        if leads:  # what it comes to is told by the statement's own call
            asyncio.get_running_loop().call_soon(self._begin, company, operation)
            row = await place
        else:
            row = await self._joined(company, place, operation=operation, started=started)
        return [row] if row is not None else await self._runner.run(statement, parameters, operation=operation)

    def _company_for(self, statement: Statement, parameters: Sequence[Any], *, now: float) -> Company | None:
        """One to join or to lead; None for whom it is better to be alone."""
        name = statement.name
        if seconds_left(now) <= self._policy.patience_seconds or now < self._apart_until.get(name, now):
            return None
        if sum([len(value) for value in parameters if type(value) is str]) > TEXT_AT_MOST:
            return None
        company = self._gathering.get(name)
        if company is None or not company.has_room:
            company = self._gathering[name] = Company(statement, others=self._policy.others)
        return None if company.has_key_of(parameters) else company

    async def _joined(self, company: Company, place: Place, *, operation: str, started: float) -> Row | None:
        """Wait for what comes of it, and tell it as a call of one's own; None where one is to be made after all."""
        self._senses.attempts_under_way += 1
        try:
            row = await place
        except BaseException as error:
            self._tell(operation, end_of(error), seconds=self._now() - started, cause=cause_of(error))
            raise
        finally:
            self._senses.attempts_under_way -= 1
        if row is not None:
            self._tell(operation, ANSWERED, seconds=company.answered_seconds - started)
        return row

    def _tell(self, operation: str, end: End, *, seconds: float, cause: str = "") -> None:
        outcome, error_type = end
        context = CURRENT_REQUEST.get()
        call = CURRENT_CALL.set(0 if context is None else context.recording.draw())
        try:
            self._senses.observe(
                DependencyCalled(
                    dependency="postgres",
                    operation=operation,
                    outcome=outcome,
                    error_type=error_type,
                    duration_seconds=seconds,
                    cause=cause,
                )
            )
        finally:
            CURRENT_CALL.reset(call)

    def _begin(self, company: Company, operation: str) -> None:
        """At the end of the turn in which the first has come, whose context this is."""
        if company.is_of_one and not self._pool.makes_writes_wait:
            self._close(company)
            company.part()
            return
        running = self._senses.running
        task = asyncio.get_running_loop().create_task(self._see_through(company, operation))
        running.add(task)
        task.add_done_callback(running.discard)

    async def _see_through(self, company: Company, operation: str) -> None:
        name, several = company.statement.name, company.statement.of_several
        assert several is not None  # noqa: S101 - only of such there are companies
        DEADLINE.set(math.inf)  # the first one's is its own, at which it leaves
        try:
            rows = await self._watch(several, self._made(company, several, operation=operation))
        except _Refused as refused:
            if company.is_sent:
                self._apart_until[name] = self._now() + APART_SECONDS
                company.part()
            elif isinstance(refused.__cause__, Overloaded):
                company.turn_away()
            else:
                company.part()
        except BaseException as error:
            company.fail(error)
            if not isinstance(error, Exception):
                raise
        else:
            company.answer(rows)

    def _close(self, company: Company) -> None:
        name = company.statement.name
        if self._gathering.get(name) is company:
            del self._gathering[name]

    async def _made(self, company: Company, several: Statement, *, operation: str) -> list[Row]:
        try:
            rows = await self._pool.run(several, company, operation=operation)
        except OutcomeUnknown:
            raise
        except Problem as problem:
            raise _Refused from problem
        finally:
            self._close(company)  # before a cache is told: who came now would join what is over
        company.answered_seconds = self._now()
        return rows
