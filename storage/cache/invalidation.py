"""Makes every write known to the cache of all replicas before it is answered, and goes on until it is known."""

import asyncio
from collections import Counter
from collections.abc import Iterable, Sequence
from contextvars import Context

from middleware.errors import Problem
from middleware.outbound.clock import CLOCK, Clock
from middleware.suspension import Suspension
from storage.cache.answer_store import AnswerStore
from storage.cache.question import Questions
from storage.cache.tellings import Tellings
from telemetry.events import CacheInvalidated, Observe
from telemetry.frozen import frozen

REPEAT_SECONDS = 1.0
"""How often an invalidation that failed is made again."""

RECORDS_AT_ONCE = 50
"""A transaction that writes more records of a table than this gives up all that is kept of that table."""


@frozen
class Change:
    """A record that was written; without its key, any number of the table's."""

    table: str
    key: str | None = None
    is_gone: bool = False


class Invalidation:
    """Ends the generations of what was written.

    Until one that failed has been made up for, this replica trusts nothing that is kept of the table: whoever writes
    through it reads its own writes. The others do not know, and use what they keep for as long as its resource says.
    """

    def __init__(
        self,
        store: AnswerStore,
        questions: Questions,
        *,
        observe: Observe,
        suspension: Suspension,
        clock: Clock = CLOCK,
    ) -> None:
        self._store = store
        self._questions = questions
        self._observe = observe
        self._suspension = suspension
        self._clock = clock
        self._owed: dict[str, int] = {}
        """For each table, which of the writes is the last one that is owed."""
        self._doubted: dict[str, float] = {}
        """For each table, until when it may still be written."""
        self._tellings = Tellings(self._heard, maximum=RECORDS_AT_ONCE)
        self._repeating: asyncio.Task[None] | None = None
        self.writes = 0
        """How many there were: who shares an answer without asking Redis shares it between two of them."""

    def is_owed(self, tables: Iterable[str]) -> bool:
        """Whether what is kept of one of these tables may be older than a write of this replica's."""
        return bool(self._owed) and not self._owed.keys().isdisjoint(tables)

    async def make_known(self, changes: Sequence[Change]) -> None:
        """Say what was written; never raises where Redis fails."""
        self.writes += 1
        told = False
        try:
            told = await self._tellings.tell(changes)
        finally:
            if not told:
                self._owe(_tables_of(changes))

    def doubt(self, tables: Iterable[str], *, seconds: float) -> None:
        """Say again and again that something may be written: it ends within so many seconds, and nobody sees how."""
        self.writes += 1
        self._doubted |= dict.fromkeys(tables, self._clock.now() + seconds)
        self._repeat()

    async def close(self) -> None:
        """Try no more: what is owed still is bounded by how long answers are kept."""
        if self._repeating is not None:
            self._repeating.cancel()
            await asyncio.gather(self._repeating, return_exceptions=True)

    async def _heard(self, changes: Sequence[Change]) -> bool:
        if not self._suspension.lets_try() or not await self._told(*self._places(changes)):
            return False
        self._observe(CacheInvalidated(outcome="ok", tables=_tables_of(changes)))
        return True

    async def _told(self, gone: Sequence[str], changed: Sequence[str] = ()) -> bool:
        try:
            await self._store.forget(gone, changed)
        except Problem:
            self._suspension.failed()
            return False
        self._suspension.answered()
        return True

    def _places(self, changes: Sequence[Change]) -> tuple[list[str], list[str]]:
        """What goes whole and what stays in part: the generations of the tables, the records."""
        questions = self._questions
        tables = [change.table for change in changes]
        many = Counter(tables) if len(tables) > RECORDS_AT_ONCE else {}
        whole = {one.table for one in changes if one.key is None or many.get(one.table, 0) > RECORDS_AT_ONCE}
        parts = (table for table in dict.fromkeys(tables) if table not in whole)
        gone = [*questions.whole(sorted(whole)), *map(questions.lists_of, parts)]
        changed: list[str] = []
        for one in changes:
            if one.key is not None and (one.is_gone or one.table not in whole):
                (gone if one.is_gone else changed).append(questions.record(one.table, one.key))
        return gone, changed

    def _owe(self, tables: Iterable[str]) -> None:
        new = tuple(table for table in tables if table not in self._owed)
        self._owed |= dict.fromkeys(tables, self.writes)
        if new:
            self._observe(CacheInvalidated(outcome="owed", tables=new))
        self._repeat()

    def _repeat(self) -> None:
        if self._repeating is None or self._repeating.done():
            # In a context of its own: the deadline of whoever wrote is not this task's.
            loop = asyncio.get_running_loop()
            self._repeating = loop.create_task(self._repeat_until_known(), context=Context())

    async def _repeat_until_known(self) -> None:
        while self._owed or self._doubted:
            began_seconds, writes = self._clock.now(), self.writes
            if await self._told(self._questions.whole(sorted({*self._owed, *self._doubted}))):
                self._settle(began_seconds, writes)
            if self._owed or self._doubted:
                await self._clock.sleep(REPEAT_SECONDS)

    def _settle(self, began_seconds: float, writes: int) -> None:
        """Strike out what had been written when the repetition began that has just been heard."""
        paid = tuple(sorted(table for table, last in self._owed.items() if last <= writes))
        for table in paid:
            del self._owed[table]
        self._doubted = {table: until for table, until in self._doubted.items() if until > began_seconds}
        if paid:
            self._observe(CacheInvalidated(outcome="repeated", tables=paid))


def _tables_of(changes: Iterable[Change]) -> tuple[str, ...]:
    return tuple(sorted({change.table for change in changes}))
