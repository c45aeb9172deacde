"""Which generations are present, asked of the store once for all who need to know at the same time."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextvars import Context

from middleware.brief_wait import brief_or_not
from middleware.outbound.layer import Senses
from storage.cache.answer_store import Present
from telemetry.frozen import frozen

Heard = Callable[[Sequence[str]], Awaitable[Present]]
"""Tells the generations of these names; raises a Problem where the store cannot be asked."""


@frozen
class Roll:
    """The generations that were present at an instant (microseconds of the store's clock), by their names."""

    now: int
    words: dict[str, bytes | None]


class _Gathered:
    """Who waits for the next call, and for which names."""

    __slots__ = ("names", "waiters")

    def __init__(self) -> None:
        self.names: dict[str, None] = {}
        self.waiters: list[asyncio.Future[Roll | Exception]] = []

    def settle(self, answer: Roll | Exception) -> None:
        """Tell all of them; an error is a result here, as nobody may be left to take it."""
        for waiter in self.waiters:
            if not waiter.done():
                waiter.set_result(answer)


class RollCalls:
    """One call at a time; those who come while one is under way share the next.

    Each call is sent after all who share it have come, so nobody is told of less than was written before. Alone a call
    costs as much as any command; under load each of the many who share one costs a future.
    """

    def __init__(self, heard: Heard, *, senses: Senses) -> None:
        self._heard = heard
        self._senses = senses
        self._next = _Gathered()
        self._calling: asyncio.Task[None] | None = None

    async def roll(self, names: Sequence[str]) -> Roll:
        """These generations and perhaps others, as they are at some instant from now on; raises what `heard` raises."""
        answer = await self.join(names)
        if isinstance(answer, Roll):
            return answer
        raise answer

    def join(self, names: Sequence[str]) -> "asyncio.Future[Roll | Exception]":
        """The same as what it will be; what `heard` raises is a result, as nobody may be left to take it."""
        gathered, loop = self._next, asyncio.get_running_loop()
        for name in names:
            gathered.names[name] = None
        # Two calls, each of which Redis' policy gives half a second, is the longest it may be.
        waiter: asyncio.Future[Roll | Exception] = brief_or_not(loop, self._senses.clock.now())
        gathered.waiters.append(waiter)
        # To the edge it waits for Redis, as it would with a command of its own: meanwhile others may be let in.
        self._senses.attempts_under_way += 1
        if self._calling is None:
            # In a context of its own: it is none of its callers', nor is the deadline of one of them its own.
            self._calling = loop.create_task(self._call(), context=Context())
        return waiter

    async def _call(self) -> None:
        while self._next.waiters:
            gathered, self._next = self._next, _Gathered()
            answer = await self._answer(tuple(gathered.names))
            self._settle(gathered, answer)
            if not isinstance(answer, Roll):
                # Who waits behind a call that failed would wait as long again for the same.
                behind, self._next = self._next, _Gathered()
                self._settle(behind, answer)
        self._calling = None

    def _settle(self, gathered: _Gathered, answer: Roll | Exception) -> None:
        self._senses.attempts_under_way -= len(gathered.waiters)
        gathered.settle(answer)

    async def _answer(self, names: tuple[str, ...]) -> Roll | Exception:
        try:
            present = await self._heard(names)
        except Exception as error:  # noqa: BLE001 - every one of them gets it
            return error
        return Roll(now=present.now, words=dict(zip(names, present.words, strict=True)))
