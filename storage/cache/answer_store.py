"""Where answers are kept, for all replicas: Redis, by scripts that it runs one at a time."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count
from typing import Protocol, cast

from middleware.errors import Bug
from storage.cache.entry import Entry, unpacked
from storage.cache.question import Question
from storage.redis.client import RedisClient
from storage.redis.script import read_script
from telemetry.frozen import frozen

_EMPTY_MILLISECONDS = 60_000
"""How long the place of answers that never came is kept: longer than any read takes."""
_LEASE_MILLISECONDS = 2_000
"""For how long one replica alone reads an answer anew: a thousand times what it takes. It is not given back, so that
one that cannot be read is tried every two seconds and not all the time."""
_MILLISECONDS = 1_000
_SCANNED_AT_ONCE = 1_000
"""Names Redis looks at before it serves others again: a fraction of a millisecond."""
_NONCE_BYTES = 8


@frozen
class Found:
    """What a look brought: now (microseconds of the store's clock), the present generations, an answer or None."""

    now: int
    generations: bytes
    entry: Entry | None
    is_unreadable: bool = False
    """There is one, and nobody can read it."""
    watched: tuple[bytes | None, ...] = ()
    """What the generations were, at that moment, that the question watches."""


@frozen
class Present:
    """Generations as they are, in the order they were asked for, and now; None for one that has not begun."""

    now: int
    words: tuple[bytes | None, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """For how long an answer is kept, and how many answers about the same record."""

    seconds: int
    answers: int


class AnswerStore(Protocol):
    """Keeps answers. Every method raises a Problem where the store cannot be asked."""

    async def look(self, question: Question) -> Found:
        """Find the answer, and begin the generations that are missing."""

    async def keep(self, question: Question, entry: bytes, *, generations: bytes, room: Room) -> bool:
        """Keep an answer unless a generation it was asked under has ended; whether it is kept."""

    async def forget(self, gone: Sequence[str], changed: Sequence[str] = ()) -> None:
        """End generations and take records away that are gone; let no answer about changed records be current."""

    async def lease(self, name: str) -> bool:
        """Whether the caller is the one to read an answer anew."""


class SharedAnswers:
    """The AnswerStore in Redis."""

    def __init__(self, redis: RedisClient) -> None:
        self._redis = redis
        self._look = read_script("cache_look")
        self._keep = read_script("cache_keep")
        self._forget = read_script("cache_forget")
        self._present = read_script("cache_present")
        self._ours = secrets.token_hex(_NONCE_BYTES)
        self._used = count()

    async def look(self, question: Question) -> Found:
        """Find the answer."""
        keys = question.keys
        arguments = (question.name, f"{self._ours}{next(self._used):x}", _EMPTY_MILLISECONDS, len(keys))
        match await self._redis.script(self._look, (*keys, *question.watched), arguments=arguments):
            case [int(now), bytes(generations), (bytes() | None) as kept, [*watched]]:
                entry = None if kept is None else unpacked(kept)
                words = cast("list[bytes | None]", watched)
                is_unreadable = kept is not None and entry is None
                return Found(
                    now=now, generations=generations, entry=entry, is_unreadable=is_unreadable, watched=tuple(words)
                )
            case _:
                raise Bug

    async def present(self, names: Sequence[str]) -> Present:
        """Tell these generations, and begin none of them."""
        match await self._redis.script(self._present, names):
            case [int(now), [*words]]:
                return Present(now=now, words=tuple(cast("list[bytes | None]", words)))
            case _:
                raise Bug

    async def keep(self, question: Question, entry: bytes, *, generations: bytes, room: Room) -> bool:
        """Keep an answer."""
        arguments = (question.name, generations, entry, room.seconds * _MILLISECONDS, room.answers)
        return await self._redis.script(self._keep, question.keys, arguments=arguments) == 1

    async def forget(self, gone: Sequence[str], changed: Sequence[str] = ()) -> None:
        """End generations."""
        await self._redis.script(self._forget, [*gone, *changed], arguments=(len(gone),))

    async def clear(self, pattern: str) -> None:
        """Take away all there is under names of this pattern; what comes while it works may stay."""
        cursor = b"0"
        while True:
            match await self._redis.run("SCAN", cursor, "MATCH", pattern, "COUNT", _SCANNED_AT_ONCE):
                case [bytes(cursor), [*names]]:
                    if names:
                        await self._redis.run("UNLINK", *cast("list[bytes]", names))
                case _:
                    raise Bug
            if cursor == b"0":
                return

    async def lease(self, name: str) -> bool:
        """Whether nobody else has it."""
        return await self._redis.run("SET", name, self._ours, "NX", "PX", _LEASE_MILLISECONDS) == b"OK"
