"""A bounded number of permits, and a bounded line of those who wait for one, first come first served."""

import asyncio
from collections import deque

from pybreaker import CircuitBreakerListener, CircuitBreakerState

from middleware.deadlines import seconds_left
from middleware.errors import Elapsed, Overloaded, Problem
from middleware.outbound.circuit import Circuit
from middleware.outbound.policy import Policy
from middleware.sweeper import Sweeper
from telemetry.events import BulkheadRejected, BulkheadWaited, Observe


class Permits:
    """What a bulkhead hands out. A permit is taken or handed over once and given back once, whoever is cancelled.

    Nobody waits for a permit that could not be used: while the breaker is not closed, a full house is refused at
    once. Those who hold the permits may be hanging, and the point of an open breaker is not to wait for them.
    """

    def __init__(self, policy: Policy, circuit: Circuit, *, observe: Observe, sweeper: Sweeper) -> None:
        self._name = policy.name
        self._policy = policy.bulkhead
        self._circuit = circuit
        self._observe = observe
        self._now = sweeper.now
        self._sweeper = sweeper
        self._line: deque[asyncio.Future[None]] = deque()
        self.free = policy.bulkhead.permits
        circuit.add_listener(_Emptier(self))

    async def take(self) -> None:
        """Wait for a permit; raise Overloaded where there is none in time, Elapsed where the deadline is nearer."""
        if self.free > 0:
            self.free -= 1
            return
        if not self._circuit.is_closed:
            raise self._circuit.refusal()
        if len(self._line) >= self._policy.waiters:
            raise self._rejected(0.0)
        await self._wait()

    def give_back(self) -> None:
        """Hand the permit to whoever has waited longest, or keep it."""
        line = self._line
        while line:
            place = line.popleft()
            if not place.done():  # a cancelled caller has not run yet to leave by itself
                place.set_result(None)
                return
        self.free += 1

    def empty_line(self) -> None:
        """Refuse everybody who waits."""
        while self._line:
            _refuse(self._line.popleft(), self._circuit.refusal())

    async def _wait(self) -> None:
        started = self._now()
        place: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._line.append(place)
        left = seconds_left(started)
        patience = min(self._policy.wait_seconds, left)
        give_up = self._past_deadline if left < self._policy.wait_seconds else self._rejected
        timer = self._sweeper.after(patience, lambda: _refuse(place, give_up(self._now() - started)))
        try:
            await place
        except BaseException:
            if place in self._line:
                self._line.remove(place)
            elif not place.cancelled() and place.exception() is None:
                self.give_back()  # it had been handed over already
            raise
        finally:
            timer.cancel()
        self._observe(BulkheadWaited(name=self._name, waited_seconds=self._now() - started))

    def _rejected(self, waited_seconds: float) -> Overloaded:
        self._observe(BulkheadRejected(name=self._name, waited_seconds=waited_seconds))
        return Overloaded()

    def _past_deadline(self, _waited_seconds: float) -> Elapsed:
        return Elapsed()


def _refuse(place: "asyncio.Future[None]", problem: Problem) -> None:
    if not place.done():
        place.set_exception(problem)


class _Emptier(CircuitBreakerListener):
    """Refuses those who wait as soon as the breaker opens."""

    def __init__(self, permits: Permits) -> None:
        self._permits = permits

    def state_change(self, _breaker: object, *states: CircuitBreakerState | None) -> None:
        """Act on the second of the two, the new one, which the breaker does not show yet."""
        new = states[-1]
        if new is not None and new.name == "open":
            self._permits.empty_line()
