"""What a limiter must decide, by the other form of its algorithm."""

from middleware.inbound.quota import Charge


class LeakyBucket:
    """GCRA as ITU-T I.371 annex A also defines it: a bucket that leaks a microsecond a microsecond.

    The product computes with instants ("virtual scheduling"); the standard proves both forms equal.
    """

    def __init__(self) -> None:
        self.level = 0
        self.last = 0

    def take(self, charge: Charge, *, now: int) -> tuple[int, int]:
        """Return what is in the bucket afterwards and how long to wait, 0 where it fits; microseconds."""
        leaked = max(0, self.level - (now - self.last))
        overflow = leaked + charge.cost_microseconds - charge.capacity_microseconds
        if overflow > 0:
            return leaked, overflow
        self.level, self.last = leaked + charge.cost_microseconds, now
        return self.level, 0
