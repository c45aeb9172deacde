"""A runner that makes every write known to the cache, once it is committed and before it is answered."""

import asyncio
from collections.abc import AsyncIterator, Collection, Coroutine, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from middleware.errors import OutcomeUnknown
from storage.cache.invalidation import Change, Invalidation
from storage.postgres.statement import Statement
from storage.runner import TransactionRunner

Row = tuple[Any, ...]

_WRITTEN_KEPT = 1_024
"""For how many sets of tables that statements write it is kept which of them are shown; few services have so many."""


class WatchedWrites:
    """Runs statements, alone or in a transaction; reads pass untouched.

    `shown` are the tables that some cached resource shows: nothing needs to be said of the others. A write that does
    not say what it changes is taken to change them all. One that nobody saw end (its caller has left, its answer is
    lost) may still take effect for `settling_seconds`.
    """

    def __init__(
        self, runner: TransactionRunner, invalidation: Invalidation, *, shown: frozenset[str], settling_seconds: float
    ) -> None:
        self._runner = runner
        self._invalidation = invalidation
        self._shown = shown
        self._shown_among = lru_cache(maxsize=_WRITTEN_KEPT)(self._find_shown)
        self._settling_seconds = settling_seconds

    def run(
        self, statement: Statement, parameters: Sequence[Any] = (), *, operation: str
    ) -> Coroutine[Any, Any, list[Row]]:
        """Run one statement; raises what the runner raises."""
        if statement.tells_of_writes and self.tables_of(statement):
            return self.watched(statement, self._runner.run(statement, parameters, operation=operation))
        return self._runner.run(statement, parameters, operation=operation)

    async def watched(self, statement: Statement, running: Coroutine[Any, Any, list[Row]]) -> list[Row]:
        """The rows of a statement that is being run, once what it wrote is known; raises what it does."""
        try:
            rows = await running
        except asyncio.CancelledError:
            self._doubt(self.tables_of(statement))
            raise
        except OutcomeUnknown:
            await self._presume(self.tables_of(statement))
            raise
        changes = self.changes_of(statement, rows)
        if changes:
            await self._invalidation.make_known(changes)
        return rows

    @asynccontextmanager
    async def transaction(self, *, operation: str = "transaction") -> AsyncIterator[TransactionRunner]:
        """A block whose writes are made known together, after its commit."""
        watched = _Watched()
        try:
            async with self._runner.transaction(operation=operation) as runner:
                yield _WatchedTransaction(runner, self, watched)
        except asyncio.CancelledError:
            self._doubt(watched.tables)
            raise
        except OutcomeUnknown:
            await self._presume(watched.tables)
            raise
        if watched.changes:
            await self._invalidation.make_known(watched.changes)

    def tables_of(self, statement: Statement) -> Sequence[str]:
        """The tables, of those that are shown, that a statement may write."""
        return self._shown_among(statement.tables)

    def _find_shown(self, tables: tuple[str, ...]) -> Sequence[str]:
        return sorted(self._shown.intersection(tables) if tables else self._shown)

    def changes_of(self, statement: Statement, rows: list[Row]) -> list[Change]:
        """What a statement wrote: the records its rows name, or whatever its tables hold."""
        tables = self.tables_of(statement)
        if not statement.returns_keys:
            return [Change(table=table) for table in tables]
        return [
            Change(table=table, key=row[-1].decode(), is_gone=statement.deletes)
            for table in tables
            for row in rows
            if row[-1] is not None
        ]

    async def _presume(self, tables: Collection[str]) -> None:
        """Take for written what may be: its caller may find out, and be answered, that it is."""
        self._doubt(tables)
        if tables:
            await self._invalidation.make_known([Change(table=table) for table in tables])

    def _doubt(self, tables: Iterable[str]) -> None:
        self._invalidation.doubt(tables, seconds=self._settling_seconds)


@dataclass(slots=True)
class _Watched:
    """What a transaction has written so far, and the tables it may have."""

    tables: set[str] = field(default_factory=set)
    changes: list[Change] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _WatchedTransaction:
    """A transaction's runner that remembers what was written."""

    runner: TransactionRunner
    watcher: WatchedWrites
    watched: _Watched

    async def run(self, statement: Statement, parameters: Sequence[Any] = (), *, operation: str) -> list[Row]:
        """Run one statement."""
        if not statement.tells_of_writes:
            return await self.runner.run(statement, parameters, operation=operation)
        self.watched.tables.update(self.watcher.tables_of(statement))
        rows = await self.runner.run(statement, parameters, operation=operation)
        self.watched.changes += self.watcher.changes_of(statement, rows)
        return rows

    @asynccontextmanager
    async def transaction(self, *, operation: str = "transaction") -> AsyncIterator[TransactionRunner]:
        """A part of it; what a part wrote that was then taken back is made known all the same."""
        async with self.runner.transaction(operation=operation) as part:
            yield _WatchedTransaction(part, self.watcher, self.watched)
