"""Decides who is let in: at once, after a moment, or not at all; nothing of a request has been read by then.

A request that arrives while as many are at work as may be is *held*: its bytes are kept as they came. As others end,
those held are let in, by priority. So is one that arrives when the requests of this turn of the event loop have taken
their time already: whatever else is ready has its chance, and who of those held is next is decided in the next turn.
Who has been held for a while is refused with 503, so many a second and no more: reading, refusing and being asked again
is work too, and done at once it is how instant retries take a service down.
The others go on waiting, which costs nothing, and while many wait, connections are left to the kernel, which costs
nothing either. The cheapest no is the one never read.
"""

from collections.abc import Callable

from middleware.inbound.at_work import AtWork
from middleware.inbound.concurrency import ConcurrencyLimit
from middleware.inbound.entrance import Entrance
from middleware.inbound.priorities import Classify
from middleware.inbound.refusals import Refusals
from middleware.inbound.shed_policy import ShedPolicy
from middleware.inbound.waiting_line import Held, WaitingLine
from middleware.outbound.clock import CLOCK, Clock
from telemetry.events import Observe


class Shed:
    """The one judge of a server's requests; its connections ask it, and tell it what becomes of what it let in.

    `classify` tells a request's priority by its first bytes; `elsewhere` how many attempts at Postgres and the like
    are under way, whose requests take no time of the event loop meanwhile. The server hands it its `entrance`.
    """

    __slots__ = (
        "_at_work",
        "_classify",
        "_clock",
        "_due",
        "_elsewhere",
        "_is_awake",
        "_is_overloaded",
        "_late_since",
        "_limit",
        "_line",
        "_policy",
        "_refusals",
        "_turn_seconds",
        "_turn_since",
        "entrance",
        "now",
    )

    def __init__(
        self,
        policy: ShedPolicy,
        *,
        classify: Classify,
        elsewhere: Callable[[], int],
        observe: Observe,
        clock: Clock = CLOCK,
    ) -> None:
        self._policy = policy
        self._classify = classify
        self._elsewhere = elsewhere
        self._clock = clock
        self._limit = ConcurrencyLimit(policy.concurrency)
        self._refusals = Refusals(policy, observe)
        self._at_work = AtWork()
        self._line = WaitingLine()
        self._turn_seconds = policy.concurrency.target_seconds
        self._turn_since: float | None = None
        self._is_awake = False
        self._due = 0.0
        self._late_since: float | None = None
        self._is_overloaded = False
        self.entrance = Entrance(0)
        self.now = clock.now

    @property
    def limit(self) -> int:
        """How many requests may be at work now."""
        return self._limit.value

    @property
    def at_work(self) -> int:
        """How many requests have been let in of late, and wait for something before they end."""
        return self._at_work.count

    @property
    def held(self) -> int:
        """How many wait to be let in."""
        return self._line.count

    @property
    def fullness(self) -> float:
        """What takes the event loop's time or waits for it, as a share of what may: from 1 on somebody waits."""
        share = (max(0, self.at_work - self._elsewhere()) + self.held) / self.limit
        return max(share, self._limit.fullness(self.now()))

    def enter(self, now: float) -> bool:
        """Let a request in that has just arrived; False where it is to be held."""
        since = self._turn_since
        if self._line.count or not (self._at_work.count < self._limit.value or self._has_room()):
            return False
        if since is None:
            self._begin_turn(now)
            return True
        return now - since < self._turn_seconds

    def count(self, now: float) -> int:
        """Count one that has been let in and waits for something; the slot is to be given back at its end."""
        return self._at_work.enter(now)

    def leave(self, slot: int) -> None:
        """A request has ended, or waits for its caller; somebody else may come in."""
        self._at_work.leave(slot)
        if self._line.count and self._turn_since is None:
            self._begin_turn(self.now())

    def hold(self, held: Held, opening: bytes) -> None:
        """Keep a request until it can be let in or refused; a critical one may still be let in at once."""
        now, priority = self.now(), self._classify(opening)
        if priority == "critical" and self._has_room(self._policy.critical_share):
            held.let_in(now)
            return
        if self._line.size_bytes + held.size_bytes > self._policy.held_bytes:
            self._refusals.made(now, limit=self.limit)
            held.refuse()
            return
        self._line.join(held, priority)
        if self._line.count >= self._policy.crowd:
            self.entrance.crowd()
        self._wake()

    def gone(self, held: Held) -> None:
        """The caller of one that is held has left."""
        self._line.leave(held)

    def grew(self, size_bytes: int) -> None:
        """One that is held has become longer by so much."""
        self._line.size_bytes += size_bytes

    def _has_room(self, share: float = 1.0) -> bool:
        limit = self._limit.value * share
        if self._at_work.count < limit:
            return True
        self._limit.reached()
        return self._at_work.count - self._elsewhere() < limit

    def _begin_turn(self, now: float) -> None:
        self._turn_since = now
        self._clock.call_later(0.0, self._turn_over)

    def _turn_over(self) -> None:
        """The loop has been around once."""
        now, since = self.now(), self._turn_since
        self._turn_since = None
        if since is not None:
            self._limit.turned(now - since, now=now)
        self._let_in(now)

    def _let_in(self, now: float) -> None:
        while self._line.count and self._has_room():
            if self._turn_since is None:
                self._begin_turn(now)
            elif now - self._turn_since >= self._turn_seconds:
                return
            held = self._line.newest() if self._is_overloaded else self._line.first()
            if held is not None:
                held.let_in(now)
            now = self.now()

    def _wake(self) -> None:
        if not self._is_awake:
            self._is_awake = True
            self._due = self.now() + self._policy.look_seconds
            self._clock.call_later(self._policy.look_seconds, self._look)

    def _look(self) -> None:
        """What nobody's end brings about: the limit grows, the oldest are refused, the entrance is seen to."""
        self._is_awake = False
        now = self.now()
        try:
            self._at_work.forget(now)
            self._limit.look(now)
            self._judge(now)
            self._let_in(now)
            self._refuse(now)
            self._refusals.look(now, limit=self.limit)
        finally:  # whatever one connection makes of being let in: the others go on being looked after
            self._see_to_entrance()
            if self._line.count or self._refusals.are_going_on:
                self._wake()

    def _see_to_entrance(self) -> None:
        if self._line.count >= self._policy.crowd:
            self.entrance.let_few(self._policy.few)
        else:
            self.entrance.clear()

    def _judge(self, now: float) -> None:
        """Overload is that somebody has waited for too long, at each look for a while; a line alone is none."""
        arrived = self._line.earliest_seconds()
        if arrived is None or now - arrived - self._late_seconds(now) < self._policy.patient_seconds:
            self._late_since, self._is_overloaded = None, False
            return
        if self._late_since is None:
            self._late_since = now
        self._is_overloaded = now - self._late_since >= self._policy.burst_seconds

    def _late_seconds(self, now: float) -> float:
        """How long the loop stood still before this look: nobody could be let in meanwhile."""
        return max(0.0, now - self._due)

    def _refuse(self, now: float) -> None:
        """Refuse whom there was a chance to let in all the while."""
        if not self._is_overloaded:
            return
        before = now - self._policy.hold_seconds - self._late_seconds(now)
        for _ in range(self._refusals.allowed(now)):
            held = self._line.oldest(before=before)
            if held is None:
                return
            self._refusals.made(now, limit=self.limit)
            held.refuse()
