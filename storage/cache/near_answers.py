"""Answers kept in this process beside the store, and used only where the store says that nothing has been written."""

import asyncio
from collections.abc import Sequence
from typing import Protocol

from middleware.outbound.layer import Senses
from storage.cache.answer_store import AnswerStore, Found, Present, Room
from storage.cache.entry import Entry, Rows
from storage.cache.nearby import Nearby
from storage.cache.question import Question
from storage.cache.roll_call import Roll, RollCalls
from telemetry.frozen import frozen

NEAR_BYTES = 16 * 1024 * 1024
"""Fourteen thousand records of 300 bytes, in a process of about 110 MB. Whatever has no room is in Redis."""

_AROUND_BYTES = 900
"""What Python needs around a row, its names included: measured."""


class WordyStore(AnswerStore, Protocol):
    """A store that tells generations without answers."""

    async def present(self, names: Sequence[str]) -> Present:
        """Tell these generations, and begin none; raises a Problem where the store cannot be asked."""


class Watch:
    """Generations and what they were at some moment: one for all answers that hang on them.

    `is_over` once it has been heard that one of them has ended.
    """

    __slots__ = ("_seen", "is_over", "names", "words")

    def __init__(self, names: tuple[str, ...], words: tuple[bytes | None, ...]) -> None:
        self.names = names
        self.words = words
        self.is_over = False
        self._seen: Roll | None = None

    def holds(self, roll: Roll) -> bool:
        """Whether they are still what they were, as this call says: found out once for all who share it."""
        if self._seen is not roll:
            self._seen = roll
            self.is_over = tuple(map(roll.words.get, self.names)) != self.words
        return not self.is_over


@frozen
class Near:
    """An answer as an Entry has it, and what to watch since a moment when it was current.

    All that a hit looks at is here or shared: of ten thousand answers none is in the processor's caches when it is
    asked for, so each object more that is looked at costs 0.1 µs.
    """

    rows: Rows
    asked_at: int
    renewed_at: int
    generations: bytes
    watch: Watch


class NearAnswers:
    """An AnswerStore before another.

    Every look asks the store, as ever; but where the answer is here, only for the generations that end with each write
    to the tables it shows, in a call shared by all who look at the same time. If these are what they were when the
    store last gave the answer as current, then nothing has been written since, and the store would give it again. If
    not, or where it is time to read the answer anew, the store is asked for the answer itself.
    """

    def __init__(self, store: WordyStore, *, senses: Senses, maximum_bytes: int = NEAR_BYTES) -> None:
        self._store = store
        self._roll_calls = RollCalls(store.present, senses=senses)
        self._nearby: Nearby[Near] = Nearby(maximum_bytes)
        self._watches: dict[tuple[str, ...], Watch] = {}
        """The generations as they were last heard: who watches others need not ask to know that they have ended."""

    async def look(self, question: Question) -> Found:
        """Find the answer, here or there."""
        near = self.near(question.place)
        if near is not None:
            roll = await self._roll_calls.roll(near.watch.names)
            if self.holds(near, roll):
                return _found(near, roll.now)
        return await self._look_there(question)

    def near(self, place: str) -> Near | None:
        """The answer to the question of this place, if it is here, and is not known to have been written over."""
        near = self._nearby.get(place)
        return None if near is None or near.watch.is_over else near

    def called(self, near: Near) -> "asyncio.Future[Roll | Exception]":
        """What a roll call sent from now on will say of it, or why there was none: for `holds`."""
        return self._roll_calls.join(near.watch.names)

    def holds(self, near: Near, roll: Roll) -> bool:
        """Whether it is still what the store would give, as this call says, and not to be read anew yet."""
        return near.watch.holds(roll) and roll.now < near.renewed_at

    async def keep(self, question: Question, entry: bytes, *, generations: bytes, room: Room) -> bool:
        """Keep an answer there; the next look brings it here."""
        self._nearby.drop(question.place)
        return await self._store.keep(question, entry, generations=generations, room=room)

    async def forget(self, gone: Sequence[str], changed: Sequence[str] = ()) -> None:
        """End generations there, and so all that watches them here."""
        await self._store.forget(gone, changed)

    async def lease(self, name: str) -> bool:
        """Whether the caller is the one to read an answer anew."""
        return await self._store.lease(name)

    async def _look_there(self, question: Question) -> Found:
        self._nearby.drop(question.place)
        found = await self._store.look(question)
        entry = found.entry
        is_current = entry is not None and entry.generations == found.generations
        if entry is not None and entry.rows and is_current and None not in found.watched:
            near = Near(
                rows=entry.rows,
                asked_at=entry.asked_at,
                renewed_at=entry.renewed_at,
                generations=entry.generations,
                watch=self._watch(question.watched, found.watched),
            )
            self._nearby.put(question.place, near, size_bytes=len(question.place) + _size_bytes(entry))
        return found

    def _watch(self, names: tuple[str, ...], words: tuple[bytes | None, ...]) -> Watch:
        """The watch over these generations as they are now; that of what they were before is over."""
        watch = self._watches.get(names)
        if watch is not None:
            if watch.words == words and not watch.is_over:
                return watch
            watch.is_over = True
        watch = self._watches[names] = Watch(names, words)
        return watch


def _found(near: Near, now: int) -> Found:
    entry = Entry(rows=near.rows, generations=near.generations, asked_at=near.asked_at, renewed_at=near.renewed_at)
    return Found(now=now, generations=near.generations, entry=entry, watched=near.watch.words)


def _size_bytes(entry: Entry) -> int:
    return _AROUND_BYTES * len(entry.rows) + sum(len(one) for row in entry.rows for one in row if type(one) is bytes)
