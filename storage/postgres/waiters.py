"""Those who wait for a connection, in the order they came; each is answered once."""

import asyncio
from collections import deque
from typing import Generic, TypeVar

from middleware.errors import Problem

T = TypeVar("T")


class Waiters(Generic[T]):
    """A queue of callers. One that has left, or was refused, is never handed anything."""

    __slots__ = ("_queue",)

    def __init__(self) -> None:
        self._queue: deque[asyncio.Future[T]] = deque()

    def __len__(self) -> int:
        return len(self._queue)

    def join(self) -> asyncio.Future[T]:
        """Stand at the end of the queue; await the result."""
        place: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._queue.append(place)
        return place

    def serve(self, thing: T) -> bool:
        """Hand it to whoever has waited longest; False when nobody waits."""
        while self._queue:
            place = self._queue.popleft()
            if not place.done():  # a cancelled caller has not run yet to leave by itself
                place.set_result(thing)
                return True
        return False

    def refuse(self, place: asyncio.Future[T], problem: Problem) -> bool:
        """Answer one caller with a problem; False when it has its answer already."""
        if place.done():
            return False
        self._queue.remove(place)
        place.set_exception(problem)
        return True

    def refuse_all(self, problem: Problem) -> None:
        """Answer every caller with the same problem, each with an instance of its own."""
        while self._queue:
            place = self._queue.popleft()
            if not place.done():
                place.set_exception(_another(problem))

    def leave(self, place: asyncio.Future[T]) -> T | None:
        """Go without waiting longer; return what was handed over in the meantime, for the next one to have."""
        if place in self._queue:
            self._queue.remove(place)
        if not place.done() or place.cancelled() or place.exception() is not None:
            return None
        return place.result()


def _another(problem: Problem) -> Problem:
    twin = type(problem)(problem.detail)
    twin.__cause__ = problem.__cause__
    return twin
