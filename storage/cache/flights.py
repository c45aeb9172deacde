"""Callers who ask the same at the same time share one answer."""

import asyncio
import math
from collections.abc import Awaitable, Callable, Hashable
from contextvars import copy_context
from typing import Generic, TypeVar

from middleware.deadlines import DEADLINE

T = TypeVar("T")


class StillUnderWay(Exception):  # noqa: N818 - it says what is
    """The answer has not come in the time the caller would wait."""


class Flight(Generic[T]):
    """One read under way, in a task of its own, and how many wait for it.

    It ends with its last waiter, as a read ends with its caller; unless somebody who could do without has left it to
    bring the answer for those who come later.
    """

    __slots__ = ("_goes_on", "_task", "_waiting")

    def __init__(self, task: asyncio.Task[T]) -> None:
        self._task = task
        self._waiting = 0
        self._goes_on = False

    async def answer(self, *, patience_seconds: float = math.inf) -> T:
        """Wait for the answer; raise what the read raised, or StillUnderWay after so many seconds."""
        self._waiting += 1
        try:
            if patience_seconds == math.inf:
                return await asyncio.shield(self._task)
            await asyncio.wait([self._task], timeout=patience_seconds)
            if not self._task.done():
                self._goes_on = True
                raise StillUnderWay
            return self._task.result()
        finally:
            self._waiting -= 1
            if not self._waiting and not self._goes_on:
                self._task.cancel()

    @property
    def may_be_joined(self) -> bool:
        """Whether it will bring an answer."""
        return not self._task.done() and not self._task.cancelling()


class Flights(Generic[T]):
    """The flights of one cache by what they are to bring."""

    def __init__(self) -> None:
        self._under_way: dict[Hashable, Flight[T]] = {}
        self._tasks: set[asyncio.Task[T]] = set()

    def join(self, key: Hashable, read: Callable[[], Awaitable[T]]) -> tuple[Flight[T], bool]:
        """The flight under this key, and whether others had begun it; await its answer at once.

        Its deadline is none of its callers': each of them waits no longer than its own.
        """
        flight = self._under_way.get(key)
        if flight is not None and flight.may_be_joined:
            return flight, True

        async def run() -> T:
            return await read()

        context = copy_context()
        context.run(DEADLINE.set, math.inf)
        task = asyncio.get_running_loop().create_task(run(), context=context)
        flight = self._under_way[key] = Flight(task)
        self._tasks.add(task)

        def ended(task: asyncio.Task[T]) -> None:
            self._tasks.discard(task)
            if self._under_way.get(key) is flight:
                del self._under_way[key]
            if not task.cancelled():
                task.exception()  # whoever still waits has it; nobody else is left to take it

        task.add_done_callback(ended)
        return flight, False

    async def close(self) -> None:
        """End them all."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
