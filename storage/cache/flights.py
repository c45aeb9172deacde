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
    def is_under_way(self) -> bool:
        """Whether it will bring an answer."""
        return not self._task.done() and not self._task.cancelling()

    @property
    def has_landed(self) -> bool:
        """Whether it has brought one."""
        return self._task.done() and not self._task.cancelled() and self._task.exception() is None


class Flights(Generic[T]):
    """The flights of one cache by what they are to bring; what one has brought may be had for `late_seconds` more."""

    def __init__(self, *, late_seconds: float = 0.0) -> None:
        self._late_seconds = late_seconds
        self._flights: dict[Hashable, Flight[T]] = {}
        self._tasks: set[asyncio.Task[T]] = set()

    def join(self, key: Hashable, read: Callable[[], Awaitable[T]], *, is_late: bool = False) -> tuple[Flight[T], bool]:
        """The flight under this key, and whether others had begun it; await its answer at once.

        Who `is_late` takes one that has landed too. A flight's deadline is none of its callers': each of them waits no
        longer than its own.
        """
        flight = self._flights.get(key)
        if flight is not None and (flight.is_under_way or (is_late and flight.has_landed)):
            return flight, True

        async def run() -> T:
            return await read()

        context = copy_context()
        context.run(DEADLINE.set, math.inf)
        task = asyncio.get_running_loop().create_task(run(), context=context)
        flight = self._flights[key] = Flight(task)
        self._tasks.add(task)

        def ended(task: asyncio.Task[T]) -> None:
            self._tasks.discard(task)
            # Whoever still waits has its failure; nobody else is left to take it.
            if flight.has_landed and self._late_seconds:
                task.get_loop().call_later(self._late_seconds, forget)
            else:
                forget()

        def forget() -> None:
            if self._flights.get(key) is flight:
                del self._flights[key]

        task.add_done_callback(ended)
        return flight, False

    async def close(self) -> None:
        """End them all."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
