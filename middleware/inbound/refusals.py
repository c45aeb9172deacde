"""How many requests may be refused in a while, and the event that it has begun or is over."""

from middleware.inbound.shed_policy import ShedPolicy
from telemetry.events import Observe, SheddingChanged


class Refusals:
    """How many may be refused now; and that it has begun, or is over."""

    __slots__ = ("_count", "_credit", "_last", "_observe", "_policy", "_seen")

    def __init__(self, policy: ShedPolicy, observe: Observe) -> None:
        self._policy = policy
        self._observe = observe
        self._credit = 0.0
        self._seen = 0.0
        self._last = 0.0
        self._count = 0

    @property
    def are_going_on(self) -> bool:
        """Whether somebody was refused of late."""
        return self._count > 0

    def allowed(self, now: float) -> int:
        """How many, after so much time; what was not used is kept for no longer than a request is held."""
        policy = self._policy
        credit = self._credit + (now - self._seen) * policy.refusals_a_second
        self._credit = min(credit, policy.refusals_a_second * policy.hold_seconds)
        self._seen = now
        return int(self._credit)

    def made(self, now: float, *, limit: int) -> None:
        """One was refused, while so many were let in at once."""
        if not self._count:
            self._observe(SheddingChanged(is_shedding=True, refused=0, limit=limit))
        self._credit -= 1.0
        self._count += 1
        self._last = now

    def look(self, now: float, *, limit: int) -> None:
        """Tell of the end once it has been quiet."""
        if self._count and now - self._last >= self._policy.quiet_seconds:
            self._observe(SheddingChanged(is_shedding=False, refused=self._count, limit=limit))
            self._count = 0
