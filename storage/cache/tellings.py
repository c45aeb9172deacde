"""Several writes made known at once: those that end while one telling is under way share the next.

What a database does with its log (group commit): each telling begins after all it tells of has happened, so nobody is
satisfied with less than its own.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

T = TypeVar("T")

Place = asyncio.Future[bool | None]
"""Where somebody waits: for whether its things were heard, or, which None says, for its turn to tell them."""


class _Telling(Generic[T]):
    """What is told at once, and who waits for it, longest first."""

    __slots__ = ("places", "things")

    def __init__(self) -> None:
        self.things: list[T] = []
        self.places: deque[Place] = deque()


class Tellings(Generic[T]):
    """One telling at a time, made by one of those whose things it tells; no more than `maximum` things in a shared one.

    `heard` tells, and says whether it was heard; it is not if its caller leaves in the middle of it. Whoever shares a
    telling is woken once: one of them to tell it, the others at its end.
    """

    def __init__(self, heard: Callable[[Sequence[T]], Awaitable[bool]], *, maximum: int) -> None:
        self._heard = heard
        self._maximum = maximum
        self._is_under_way = False
        self._next: _Telling[T] | None = None

    async def tell(self, things: Sequence[T]) -> bool:
        """Whether these were heard."""
        mine = self._next
        if mine is None:
            mine = _Telling()
            if not self._is_under_way:
                mine.things += things
                return await self._lead(mine)
            self._next = mine
        elif len(mine.things) + len(things) > self._maximum:
            return await self._heard(things)
        mine.things += things
        is_heard = await self._wait(mine)
        return await self._lead(mine) if is_heard is None else is_heard

    async def _wait(self, mine: _Telling[T]) -> bool | None:
        place: Place = asyncio.get_running_loop().create_future()
        mine.places.append(place)
        try:
            return await place
        except asyncio.CancelledError:
            if place.done() and not place.cancelled() and place.result() is None:
                self._appoint()  # it was to tell, and leaves
            raise

    async def _lead(self, mine: _Telling[T]) -> bool:
        self._is_under_way = True
        if self._next is mine:
            self._next = None
        is_heard = False
        try:
            is_heard = await self._heard(mine.things)
        finally:
            for place in mine.places:
                if not place.done():  # a cancelled caller has not run yet to leave by itself
                    place.set_result(is_heard)
            self._appoint()
        return is_heard

    def _appoint(self) -> None:
        """Have the one tell next who has waited longest; until it does, others may still join it."""
        mine = self._next
        while mine is not None and mine.places:
            place = mine.places.popleft()
            if not place.done():
                place.set_result(None)
                return
        self._next = None  # whoever had something to tell has left, and knows that it was not heard
        self._is_under_way = False
