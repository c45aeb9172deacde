"""Looks at every server of the address, one after its own fashion, and knows which of them will do for a read."""

import asyncio
import math
from collections.abc import Sequence
from contextlib import suppress

from middleware.outbound.clock import Clock
from storage.postgres.timeline import Fence
from storage.replicas.course import Course
from storage.replicas.member import Member
from storage.replicas.position import Position

LOOK_EVERY_SECONDS = 0.5
"""What a replica shows is thought to be older than it is by this much, at most; and two questions a second, of
microseconds each, are nothing to a server."""

LOOK_HURRIED_SECONDS = 0.005
"""While a read waits for a replica to have its caller's last write: a streaming one is milliseconds behind."""


class MemberWatch:
    """Looks until it is stopped. A server that hangs holds up the looks at no other."""

    def __init__(self, members: Sequence[Member], *, fence: Fence, clock: Clock, kept_seconds: float) -> None:
        self._members = members
        self._clock = clock
        self._fence = fence
        self._course = Course(kept_seconds=kept_seconds)
        self._begin: Position | None = None
        self._turn = 0
        self._waiting = 0
        self._hurry = asyncio.Event()
        self._looked = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    @property
    def members(self) -> Sequence[Member]:
        """All of them, whatever they are just now."""
        return self._members

    async def start(self) -> None:
        """Begin; there are none to read from before the first looks."""
        for member in self._members:
            await member.open()
        self._tasks = [asyncio.create_task(self._follow(member)) for member in self._members]

    async def stop(self) -> None:
        """End, and close all connections."""
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)
        for member in self._members:
            await member.close()

    def age_of(self, member: Member) -> float:
        """How many seconds old at most what it shows is; infinite where it is no replica, or nobody can tell.

        One of an earlier timeline than the latest shows what may never have happened. And what the primary held when
        this process began has to be there: the tables it was written for.
        """
        seen, begin = member.seen, self._begin
        if seen is None or begin is None or not member.lets_read or not self._fence.passes(seen.position.timeline):
            return math.inf
        if seen.position.place < begin.place:
            return math.inf
        return self._course.age_of(seen.position, now=self._clock.now())

    def choose(self, *, within_seconds: float, after: Position | None = None) -> Member | None:
        """One that is no older and has replayed that position, each in its turn; None where none will do."""
        count = len(self._members)
        for step in range(count):
            place = (self._turn + step) % count
            member = self._members[place]
            age_seconds = self.age_of(member)
            if age_seconds <= within_seconds and age_seconds < math.inf and _has(member, after):
                self._turn = place + 1
                return member
        return None

    async def wait_for(self, after: Position, *, within_seconds: float, patience_seconds: float) -> Member | None:
        """The first to come that far; looks at all of them hurry meanwhile."""
        self._waiting += 1
        self._hurry.set()
        try:
            with suppress(TimeoutError):
                async with asyncio.timeout(patience_seconds):
                    while (member := self.choose(within_seconds=within_seconds, after=after)) is None:
                        await self._looked.wait()
                    return member
            return None
        finally:
            self._waiting -= 1
            if not self._waiting:
                self._hurry.clear()

    async def _follow(self, member: Member) -> None:
        while True:
            asked_at = await member.look()
            self._note(member, asked_at=asked_at)
            looked, self._looked = self._looked, asyncio.Event()
            looked.set()
            await self._pause()

    def _note(self, member: Member, *, asked_at: float) -> None:
        seen = member.seen
        if seen is not None and self._fence.passes(seen.position.timeline) and not seen.is_replica:
            self._begin = self._begin or seen.position
            self._course.note(seen.position, asked_at=asked_at)

    async def _pause(self) -> None:
        if self._waiting:
            await self._clock.sleep(LOOK_HURRIED_SECONDS)
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(LOOK_EVERY_SECONDS):
                await self._hurry.wait()


def _has(member: Member, after: Position | None) -> bool:
    """Whether it has replayed this. What a later timeline lacks of an earlier one is lost, so the place alone tells."""
    if after is None:
        return True
    seen = member.seen
    return seen is not None and seen.position.place >= after.place and seen.position.timeline >= after.timeline
