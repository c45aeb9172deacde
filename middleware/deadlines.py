"""The instant by which whatever is being done must be done, carried along with the task that does it."""

import math
from contextvars import ContextVar

DEADLINE: ContextVar[float] = ContextVar("deadline", default=math.inf)
"""In seconds of `time.monotonic()`; infinite where nobody set one. A task started by another inherits it.

Whoever answers a request sets it once; the outbound layers only ever bring it nearer, for the length of a call."""


def seconds_left(now: float) -> float:
    """How long there is until the deadline: infinite without one, not above zero past it."""
    return DEADLINE.get() - now
