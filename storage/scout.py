"""Looks for the way back to a server while calls are kept from it."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, Protocol, TypeVar

from middleware.errors import Problem
from middleware.outbound.clock import Clock, Timer

C = TypeVar("C")

TRIES = 3
"""Calls that were under way to whoever has gone may end after it is found again, and have the gates keep all away anew:
they end within an interval or two, and then it is tried again."""

MOST_AT_ONCE = 4
"""One that waits for a server that hangs shall not hold up the next, which may find another that does not."""

RESTS_AT_MOST = 15
"""Intervals it lets pass between two looks that change nothing: where nobody calls, a gate stays shut though all is
well, and a replica that idles after an outage is to cost the server next to nothing."""


class Gate(Protocol):
    """What keeps calls away: a circuit breaker, a suspension."""

    @property
    def is_closed(self) -> bool:
        """Whether every call passes."""

    def try_now(self) -> None:
        """Let the next calls through to see whether it is back."""


class Scout(Generic[C]):
    """Tries to connect while a gate keeps calls away, and has it let some try once one could not connect and now can.

    Where one can connect all along, calls fail for another reason or nobody calls: the breaker is left to its own pace,
    and it is looked for half as often each time, until one cannot connect again.
    """

    def __init__(
        self,
        connect: Callable[[], Awaitable[C]],
        *,
        gates: Sequence[Gate],
        welcome: Callable[[C], object],
        clock: Clock,
        interval_seconds: float,
    ) -> None:
        self._connect = connect
        self._gates = gates
        self._welcome = welcome
        self._clock = clock
        self._interval_seconds = interval_seconds
        self._timer: Timer | None = None
        self._going: set[asyncio.Task[None]] = set()
        self._tries_left = 0
        self._rests = 0
        self._rests_left = 0

    def start(self) -> None:
        """Look now and at every interval."""
        if all(gate.is_closed for gate in self._gates):
            self._tries_left = self._rests = self._rests_left = 0
        elif self._rests_left:
            self._rests_left -= 1
        elif len(self._going) < MOST_AT_ONCE:
            going = asyncio.create_task(self._go())
            self._going.add(going)
            going.add_done_callback(self._going.discard)
        self._timer = self._clock.call_later(self._interval_seconds, self.start)

    async def stop(self) -> None:
        """Look no more."""
        if self._timer is not None:
            self._timer.cancel()
        going = set(self._going)
        for task in going:
            task.cancel()
        if going:
            await asyncio.wait(going)

    async def _go(self) -> None:
        try:
            connection = await self._connect()
        except Problem:
            self._tries_left, self._rests, self._rests_left = TRIES, 0, 0
            return
        self._welcome(connection)
        if self._tries_left:
            self._tries_left -= 1
            for gate in self._gates:
                gate.try_now()
        else:
            self._rests_left = self._rests = min(2 * self._rests + 1, RESTS_AT_MOST)
