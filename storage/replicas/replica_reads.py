"""Reads that a replica may answer: which one does, and what the primary is asked all the same."""

import math
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

from middleware.errors import Elapsed, SerializationFailure, Unavailable
from storage.postgres.statement import Statement
from storage.replicas.member import Member
from storage.replicas.member_watch import MemberWatch
from storage.replicas.position import Position
from storage.runner import Runner
from telemetry.events import Observe, ReplicaRead, ReplicaResult

Rows = list[tuple[Any, ...]]
FROM_REPLICAS: frozenset[ReplicaResult] = frozenset({"replica", "stale"})


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadBounds:
    """How old an answer may be: usually, and while the primary does not answer (0: then there is none)."""

    age_seconds: float
    spare_seconds: float = 0.0
    patience_seconds: float = 0.05
    """How long to wait for a replica that lacks what the caller wrote; a streaming one is milliseconds behind, and the
    primary answers within one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadWish:
    """What a caller asks for besides: to see what it wrote (`after`), and an age of its own; none below 0."""

    after: Position | None = None
    age_seconds: float = math.inf


ANY_REPLICA = ReadWish()
PRIMARY_ALONE = ReadWish(age_seconds=-math.inf)


@dataclass(frozen=True, slots=True, kw_only=True)
class Routed:
    """Who answered and why, and how old that can be: 0 for the primary."""

    result: ReplicaResult
    age_seconds: float = 0.0


class ReplicaReads:
    """Sends reads to the replicas that `watch` knows, and to the primary where none will do."""

    def __init__(self, watch: MemberWatch, primary: Runner, *, bounds: ReadBounds, observe: Observe) -> None:
        self._watch = watch
        self._primary = primary
        self.bounds = bounds
        self._observe = observe

    def reading(self, wish: ReadWish) -> "ReplicaReading":
        """A runner for one statement that reads, which then tells who answered it."""
        return ReplicaReading(self, wish)

    async def answer(
        self, statement: Statement, parameters: Sequence[Any], *, operation: str, wish: ReadWish
    ) -> tuple[Rows, Routed]:
        """Answer, and say how; raises what the primary raised where it was asked."""
        run = partial(_run, statement=statement, parameters=parameters, operation=operation)
        replica = await self._choose(wish)
        if replica is not None:
            age_seconds = self._watch.age_of(replica)
            with suppress(Unavailable, SerializationFailure):  # it has left, or had to undo what the read still saw
                return await run(replica), self._told(Routed(result="replica", age_seconds=age_seconds))
        reason: ReplicaResult = "failed" if replica is not None else self._reason(wish)
        try:
            return await run(self._primary), self._told(Routed(result=reason))
        except (Unavailable, Elapsed):
            spare = self._spare(wish)
            if spare is None:
                raise
            age_seconds = self._watch.age_of(spare)
            return await run(spare), self._told(Routed(result="stale", age_seconds=age_seconds))

    async def _choose(self, wish: ReadWish) -> Member | None:
        within_seconds = self._within_seconds(wish)
        replica = self._watch.choose(within_seconds=within_seconds, after=wish.after)
        if replica is not None or wish.after is None or self._watch.choose(within_seconds=within_seconds) is None:
            return replica
        patience_seconds = self.bounds.patience_seconds
        return await self._watch.wait_for(wish.after, within_seconds=within_seconds, patience_seconds=patience_seconds)

    def _reason(self, wish: ReadWish) -> ReplicaResult:
        """Why no replica will do."""
        if wish.age_seconds < 0:
            return "requested"
        if self._watch.choose(within_seconds=self._within_seconds(wish)) is not None:
            return "behind"
        return "away" if self._watch.choose(within_seconds=math.inf) is None else "late"

    def _within_seconds(self, wish: ReadWish) -> float:
        return min(wish.age_seconds, self.bounds.age_seconds)

    def _spare(self, wish: ReadWish) -> Member | None:
        """One that is older than usual, where that is better than nothing; never one that lacks the caller's write."""
        within_seconds = min(wish.age_seconds, self.bounds.spare_seconds)
        return self._watch.choose(within_seconds=within_seconds, after=wish.after) if within_seconds > 0 else None

    def _told(self, routed: Routed) -> Routed:
        self._observe(ReplicaRead(result=routed.result))
        return routed


async def _run(runner: Runner, *, statement: Statement, parameters: Sequence[Any], operation: str) -> Rows:
    return await runner.run(statement, parameters, operation=operation)


class ReplicaReading:
    """One read, as a runner for the Records that make it."""

    __slots__ = ("_reads", "_wish", "routed")

    def __init__(self, reads: ReplicaReads, wish: ReadWish) -> None:
        self._reads = reads
        self._wish = wish
        self.routed: Routed | None = None
        """Who answered, once somebody has."""

    @property
    def is_from_replica(self) -> bool:
        """Whether a replica answered."""
        return self.routed is not None and self.routed.result in FROM_REPLICAS

    async def run(self, statement: Statement, parameters: Sequence[Any] = (), *, operation: str) -> Rows:
        """Answer a statement that reads; raises what the primary raises."""
        rows, self.routed = await self._reads.answer(statement, parameters, operation=operation, wish=self._wish)
        return rows
