"""A read through the cache: what is kept, where it may be used, and else what Postgres says."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, get_args

from middleware.deadlines import seconds_left
from middleware.errors import Elapsed, Problem, Unavailable
from middleware.outbound.clock import Clock
from middleware.suspension import Suspension
from storage.cache.answer_store import AnswerStore, Found, Room
from storage.cache.answered import ANY_AGE, Answered, Forwarded, Wish
from storage.cache.cache_policy import CachePolicy
from storage.cache.candidate import Candidate, candidate, hit
from storage.cache.entry import Entry, Rows, packed
from storage.cache.flights import Flight, Flights, StillUnderWay
from storage.cache.invalidation import Invalidation
from storage.cache.near_answers import Near, NearAnswers
from storage.cache.question import Question, Questions, place_of
from storage.cache.refreshes import Refreshes
from storage.cache.roll_call import Roll
from storage.postgres.statement import Statement
from storage.runner import Runner
from telemetry.events import CacheRead, CacheResult, Observe
from telemetry.frozen import frozen
from telemetry.observers import bound

LATE_SECONDS = 0.5
"""As long as a look may take (RedisPolicy): whoever looked before an answer was kept may hear so late that there is
none, and is given what was kept meanwhile instead of asking Postgres the same again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """What Postgres answered, and whether it is kept."""

    rows: Rows
    is_kept: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What the caches of a service share."""

    store: AnswerStore
    near: NearAnswers | None
    """The store, where it keeps answers in this process."""
    questions: Questions
    invalidation: Invalidation
    suspension: Suspension
    refreshes: Refreshes
    flights: Flights[Fetched]
    """Those of who asked the store first."""
    blind_flights: Flights[Fetched]
    """Those of who could not."""
    runner: Runner
    observe: Observe
    clock: Clock


@frozen
class Asked:
    """A statement that reads, what it is run with, and how its answer is called."""

    statement: Statement
    parameters: Sequence[Any]
    operation: str
    question: Question


class CachedReads:
    """The cache of one resource; raises what the parts' runner raises, and never that the store has failed."""

    def __init__(self, name: str, policy: CachePolicy, *, parts: Parts) -> None:
        self._policy = policy
        self._parts = parts
        self._tell = {
            result: bound(parts.observe, CacheRead(cache=name, result=result)) for result in get_args(CacheResult)
        }

    async def read(
        self, statement: Statement, parameters: Sequence[Any], *, operation: str, wish: Wish = ANY_AGE
    ) -> Answered:
        """Answer a statement that reads, and tell how it was answered.

        What is near and is to be given as it is passes this alone. `_answer` would ask, judge and give the same, for
        12 µs more: its question has digests, and what it finds is handed on to be weighed against all else there is.
        """
        result: CacheResult = "error"
        try:
            answered: Answered | None = None
            here = self._parts.near
            if here is not None and wish is ANY_AGE and self._may_ask(statement.tables):
                near = here.near(place_of(statement, parameters))
                if near is not None:
                    answered = self._as_it_is(near, await here.called(near), here=here)
            if answered is None:
                answered = await self._answer(self._asked(statement, parameters, operation=operation), wish)
            result = answered.result
        finally:
            self._tell[result]()
        return answered

    def _may_ask(self, tables: Sequence[str]) -> bool:
        """Whether the store is there for everybody, and knows of all writes of this replica's to these tables."""
        return self._parts.suspension.is_closed and not self._parts.invalidation.is_owed(tables)

    def _as_it_is(self, near: Near, roll: Roll | Exception, *, here: NearAnswers) -> Answered | None:
        """What is near as the answer, where this call says that it holds; None where there is more to be done."""
        suspension = self._parts.suspension
        if isinstance(roll, Roll):
            suspension.answered()
            return hit(near, roll.now, policy=self._policy) if here.holds(near, roll) else None
        if not isinstance(roll, Problem) or not suspension.failed():
            raise roll
        return None

    def _asked(self, statement: Statement, parameters: Sequence[Any], *, operation: str) -> Asked:
        """A statement as the question it asks."""
        question = self._parts.questions.of(statement, parameters)
        return Asked(statement=statement, parameters=parameters, operation=operation, question=question)

    async def _answer(self, asked: Asked, wish: Wish) -> Answered:
        """Answer with what is kept, or with what Postgres says."""
        if not wish.may_be_kept:
            return Answered(rows=await self._run(asked), result="bypass", forwarded="request")
        found = await self._look(asked.question)
        if found is None:
            return await self._answer_without_store(asked)
        kept = candidate(found, self._policy)
        if kept is not None and kept.is_usable and kept.age_seconds <= wish.age_seconds:
            if kept.is_due:
                self._renew(asked, found)
            return kept.answered()
        if wish.age_seconds < math.inf:
            fetched = await self._fetch(asked, found)
            return Answered(rows=fetched.rows, result="bypass", forwarded="request", is_stored=fetched.is_kept)
        return await self._answer_anew(asked, found, kept=kept)

    async def _answer_anew(self, asked: Asked, found: Found, *, kept: Candidate | None) -> Answered:
        """What Postgres says; where it says nothing, or not soon enough, what is kept although its time is up."""
        spare = kept if kept is not None and kept.is_spare else None
        # Who meets the same generations after a flight has asked for them has missed no write that it does not show.
        flight, is_shared = self._join(asked, found)
        try:
            fetched = await flight.answer(patience_seconds=self._patience_seconds(spare))
        except (Unavailable, Elapsed, StillUnderWay):
            if spare is None:
                raise
            return spare.made_do()
        forwarded: Forwarded = "uri-miss" if kept is None else "stale"
        result: CacheResult = "collapsed" if is_shared else "miss"
        return Answered(rows=fetched.rows, result=result, forwarded=forwarded, is_stored=fetched.is_kept)

    async def _answer_without_store(self, asked: Asked) -> Answered:
        """What Postgres says, once for all who ask the same between two writes of this replica's."""

        async def read() -> Fetched:
            return Fetched(rows=await self._run(asked), is_kept=False)

        writes = self._parts.invalidation.writes
        flight, _ = self._parts.blind_flights.join((asked.question, writes), read)
        fetched = await flight.answer()
        return Answered(rows=fetched.rows, result="degraded", forwarded="bypass")

    def _patience_seconds(self, spare: Candidate | None) -> float:
        """How long to wait for Postgres: to the end without a spare, else so that there is time to give it.

        One that is only past its time is given soon; one that is known to be outdated, only if all else fails.
        """
        if spare is None:
            return math.inf
        left_seconds = max(0.0, seconds_left(self._parts.clock.now()) / 2)
        return min(left_seconds, self._policy.patience_seconds) if spare.is_current else left_seconds

    def _join(self, asked: Asked, found: Found) -> tuple[Flight[Fetched], bool]:
        key, fetch = (asked.question, found.generations), partial(self._fetch, asked, found)
        return self._parts.flights.join(key, fetch, is_late=found.entry is None and not found.is_unreadable)

    def _renew(self, asked: Asked, found: Found) -> None:
        async def read() -> None:
            flight, _ = self._join(asked, found)
            await flight.answer()

        self._parts.refreshes.ask(self._parts.questions.lease(asked.question), read)

    async def _look(self, question: Question) -> Found | None:
        """What is kept; None where the store cannot be asked, or may not know of all writes of this replica's."""
        parts = self._parts
        if parts.invalidation.is_owed(question.tables) or not parts.suspension.lets_try():
            return None
        try:
            found = await parts.store.look(question)
        except Problem:
            if not parts.suspension.failed():
                raise
            return None
        parts.suspension.answered()
        return found

    async def _fetch(self, asked: Asked, found: Found) -> Fetched:
        rows = await self._run(asked)
        return Fetched(rows=rows, is_kept=await self._keep(asked.question, rows, found=found))

    async def _keep(self, question: Question, rows: Rows, *, found: Found) -> bool:
        """Keep an answer that Postgres gave after the look; whether it is kept."""
        parts, policy = self._parts, self._policy
        renewed_at = policy.renewed_at(found.now, jitter=parts.clock.jitter())
        answer = Entry(rows=rows, generations=found.generations, asked_at=found.now, renewed_at=renewed_at)
        entry = packed(answer)
        is_it = question.key is None or not rows or rows[0][-1] == question.key.encode()
        if entry is None or len(entry) > policy.maximum_bytes or not is_it or not parts.suspension.lets_try():
            return False
        seconds = policy.kept_seconds if rows else policy.life_seconds(is_empty=True)
        try:
            room = Room(seconds=seconds, answers=policy.answers_a_record)
            is_kept = await parts.store.keep(question, entry, generations=found.generations, room=room)
        except Problem:
            parts.suspension.failed()
            return False
        parts.suspension.answered()
        return is_kept

    async def _run(self, asked: Asked) -> Rows:
        return await self._parts.runner.run(asked.statement, asked.parameters, operation=asked.operation)
