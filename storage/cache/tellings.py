"""Several writes made known at once: those that end while one telling is under way share the next.

What a database does with its log (group commit): each telling begins after all it tells of has happened, so nobody is
satisfied with less than its own.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

T = TypeVar("T")


class _Telling(Generic[T]):
    """What is told at once, and whether it was heard, once that is known."""

    __slots__ = ("ended", "has_begun", "things")

    def __init__(self) -> None:
        self.things: list[T] = []
        self.has_begun = False
        self.ended: asyncio.Future[bool] = asyncio.get_running_loop().create_future()


class Tellings(Generic[T]):
    """One telling at a time, made by one of those whose things it tells; no more than `maximum` things in a shared one.

    `heard` tells, and says whether it was heard; it is not if its caller leaves in the middle of it.
    """

    def __init__(self, heard: Callable[[Sequence[T]], Awaitable[bool]], *, maximum: int) -> None:
        self._heard = heard
        self._maximum = maximum
        self._under_way: _Telling[T] | None = None
        self._next: _Telling[T] | None = None

    async def tell(self, things: Sequence[T]) -> bool:
        """Whether these were heard."""
        mine = self._next
        if mine is not None and len(mine.things) + len(things) > self._maximum:
            return await self._heard(things)
        if mine is None:
            mine = self._next = _Telling()
        mine.things += things
        while not mine.has_begun and self._under_way is not None:
            await asyncio.shield(self._under_way.ended)
        return await (asyncio.shield(mine.ended) if mine.has_begun else self._lead(mine))

    async def _lead(self, mine: _Telling[T]) -> bool:
        mine.has_begun, self._under_way, self._next = True, mine, None
        heard = False
        try:
            heard = await self._heard(mine.things)
        finally:
            self._under_way = None
            mine.ended.set_result(heard)
        return heard
