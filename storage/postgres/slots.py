"""Who gets which connection: the pool's scheduling, without a lock and without SQL.

Everything here happens in one event loop between two awaits, so nothing needs guarding. Three rules keep it
right: a connect runs in a task of its own, belongs to nobody and serves whoever has waited longest; a waiter is
answered once; whatever ends the use of a connection (a release, a drop, a waiter that left with one already
handed to it) serves the longest waiter or opens a connection for it.
"""

import asyncio
import math
from collections.abc import Awaitable, Callable
from typing import Generic

from middleware.errors import Bug, Overloaded, Problem, Unavailable
from middleware.outbound.layer import Senses
from middleware.outbound.policy import PoolPolicy
from middleware.outbound.voyage import running_task
from middleware.sweeper import Timer
from storage.postgres.slot import C, PoolSize, Slot
from storage.postgres.waiters import Waiters
from telemetry.events import (
    AcquireTimedOut,
    ConnectionAcquired,
    ConnectionDropped,
    ConnectionOpened,
    ConnectionReleased,
    DropReason,
)


class Slots(Generic[C]):
    """At most `policy.maximum` connections: reused newest first, waited for oldest first."""

    def __init__(
        self,
        connect: Callable[[], Awaitable[C]],
        *,
        policy: PoolPolicy,
        senses: Senses,
        name: str,
    ) -> None:
        self._connect = connect
        self._policy = policy
        self._observe = senses.observe
        self._clock = senses.clock
        self._now = senses.clock.now
        self._name = name
        self._acquired_at_once = ConnectionAcquired(pool=name, wait_seconds=0.0)
        self._idle: list[Slot[C]] = []
        self._used: set[Slot[C]] = set()
        self._waiters: Waiters[Slot[C]] = Waiters()
        self._opening: set[asyncio.Task[None]] = set()
        self._failure: Problem | None = None
        self._read_only_at = -math.inf
        self._tending: Timer | None = None
        self._closing = False
        self._emptied = asyncio.Event()

    @property
    def size(self) -> PoolSize:
        """The numbers of this moment."""
        return PoolSize(
            idle=len(self._idle),
            used=len(self._used),
            pending=len(self._waiters),
            maximum=self._policy.maximum,
        )

    async def open(self) -> None:
        """Open the minimum; raise why it could not be, with nothing left open. It may be tried again."""
        self._closing, self._failure = False, None
        self._emptied.clear()
        self._open_missing()
        if self._opening:
            await asyncio.wait(set(self._opening))
        if self._count() < self._policy.minimum:
            failure: Problem | None = self._failure
            await self.close()
            raise failure or Unavailable
        self._tend()

    async def acquire(self) -> Slot[C]:
        """Return a usable connection; raise Overloaded when all stay in use, Unavailable when none can be had."""
        return self.take() or await self._wait_in_line()

    def take(self) -> Slot[C] | None:
        """Return a usable connection that is idle, where there is one: most callers need not wait, nor await."""
        while self._idle:
            slot = self._idle.pop()
            fault = self._fault_of(slot)
            if fault is None:
                slot.since = self._now()
                self._used.add(slot)
                self._observe(self._acquired_at_once)
                return slot
            self._drop(slot, fault)
        return None

    def release(self, slot: Slot[C]) -> None:
        """Take a connection back; one that must not be used again is closed."""
        if slot in self._used:
            now = self._now()
            self._observe(ConnectionReleased(pool=self._name, use_seconds=now - slot.since))
            self._take_back(slot, now)

    def welcome(self, connection: C) -> None:
        """Use a connection that somebody else has opened, where there is room for it."""
        if self._count() + len(self._opening) < self._policy.maximum:
            self._take_in(connection)
        else:
            self.abandon_superseded()
            connection.close()

    def abandon_superseded(self) -> None:
        """Close, under those who use them, the connections to servers whose place others have taken."""
        for slot in self._used:
            if slot.connection.is_superseded:
                slot.connection.abandon()

    async def close(self) -> None:
        """Refuse callers, wait for those with a connection until the close budget ends, close everything."""
        self._closing = True
        if self._tending is not None:
            self._tending.cancel()
        self._waiters.refuse_all(Unavailable(CLOSED))
        opening, self._opening = self._opening, set()
        for task in opening:
            task.cancel()
        while self._idle:
            self._drop(self._idle.pop(), "closing")
        await self._let_finish()
        if opening:
            await asyncio.wait(opening)

    def _count(self) -> int:
        return len(self._idle) + len(self._used)

    async def _wait_in_line(self) -> Slot[C]:
        if self._closing:
            raise Unavailable(CLOSED)
        started = self._now()
        place = self._waiters.join()
        self._open_more(len(self._waiters))
        timer = self._clock.call_later(self._policy.acquire_timeout_seconds, lambda: self._give_up(place, started))
        try:
            slot = await place
        except asyncio.CancelledError:
            handed = self._waiters.leave(place)
            if handed is not None:
                self._take_back(handed, self._now())
            raise
        finally:
            timer.cancel()
        self._observe(ConnectionAcquired(pool=self._name, wait_seconds=slot.since - started))
        return slot

    def _give_up(self, place: asyncio.Future[Slot[C]], started: float) -> None:
        if self._waiters.refuse(place, Overloaded() if self._used else Unavailable()):
            self._observe(AcquireTimedOut(pool=self._name, waited_seconds=self._now() - started))

    def _take_back(self, slot: Slot[C], now: float) -> None:
        self._used.discard(slot)
        reason = self._reason_to_drop(slot, now)
        if reason is None:  # whoever has waited longest gets it, or it is kept
            slot.since = now
            if self._waiters.serve(slot):
                self._used.add(slot)
            else:
                self._idle.append(slot)
        else:
            self._drop(slot, reason)
            self._open_more(len(self._waiters))
        if self._closing and not self._used:
            self._emptied.set()

    def _fault_of(self, slot: Slot[C]) -> DropReason | None:
        """Why nobody may use it. A server found to take no writes is so for each connection made before."""
        fault = slot.connection.fault
        if fault == "read_only":
            self._read_only_at = self._now()
        if fault is None and slot.opened < self._read_only_at:
            return "read_only"
        return fault

    def _reason_to_drop(self, slot: Slot[C], now: float) -> DropReason | None:
        fault = self._fault_of(slot)
        if fault is not None:
            return fault
        if self._closing:
            return "closing"
        return "expired" if now >= slot.expires_at else None

    def _drop(self, slot: Slot[C], reason: DropReason) -> None:
        slot.connection.close()
        self._observe(ConnectionDropped(pool=self._name, reason=reason))

    def _open_missing(self) -> None:
        self._open_more(max(len(self._waiters), self._policy.minimum - self._count()))

    def _open_more(self, wanted: int) -> None:
        """Have `wanted` connections on their way, as far as there is room."""
        room = self._policy.maximum - self._count()
        for _ in range(min(wanted, room) - len(self._opening)):
            self._opening.add(asyncio.get_running_loop().create_task(self._open_one()))

    async def _open_one(self) -> None:
        started = self._now()
        try:
            connection = await self._connect()
        except Problem as problem:
            self._open_failed(problem)
            return
        except Exception as error:  # noqa: BLE001 - whatever it is, those who wait must hear of it
            self._open_failed(_bug(error))
            return
        self._opening.discard(running_task())
        self._observe(ConnectionOpened(pool=self._name, duration_seconds=self._now() - started))
        self._take_in(connection)

    def _take_in(self, connection: C) -> None:
        """Use a new connection; those to a server whose place its server has taken are waited for no longer."""
        self.abandon_superseded()
        now = self._now()
        self._take_back(Slot(connection, now=now, expires_at=now + self._lifetime_seconds()), now)

    def _lifetime_seconds(self) -> float:
        return self._policy.lifetime_seconds * (1 - self._policy.lifetime_jitter_ratio * self._clock.jitter())

    def _open_failed(self, problem: Problem) -> None:
        """Answer those who wait, unless a connection in use or on its way will come to them."""
        self._opening.discard(running_task())
        self._failure = problem
        if not self._used and not self._opening:
            self._waiters.refuse_all(problem)

    def _tend(self) -> None:
        """Close what is broken, expired or idle above the minimum; open what is missing; do so again later."""
        now = self._now()
        for slot in list(self._idle):
            reason = self._fault_of(slot) or self._reason_to_retire(slot, now)
            if reason is not None:
                self._idle.remove(slot)
                self._drop(slot, reason)
        self._open_missing()
        self._tending = self._clock.call_later(self._policy.tend_interval_seconds, self._tend)

    def _reason_to_retire(self, slot: Slot[C], now: float) -> DropReason | None:
        unneeded = self._count() > self._policy.minimum and now - slot.since >= self._policy.idle_seconds
        return "expired" if unneeded or now >= slot.expires_at else None

    async def _let_finish(self) -> None:
        if self._used:
            timer = self._clock.call_later(self._policy.close_timeout_seconds, self._emptied.set)
            try:
                await self._emptied.wait()
            finally:
                timer.cancel()
        while self._used:
            self._drop(self._used.pop(), "closing")


CLOSED = "The pool is closed."


def _bug(error: Exception) -> Bug:
    bug = Bug()
    bug.__cause__ = error
    return bug
