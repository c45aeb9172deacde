"""Bring the deadline as near as the class of work asks for, and begin nothing past it."""

from middleware.deadlines import DEADLINE
from middleware.errors import Elapsed
from middleware.outbound.layer import Attempt, Call, Senses, T
from middleware.outbound.policy import Policy


def deadline(inner: Call, policy: Policy, *, senses: Senses) -> Call:
    """Set the deadline for what is inside: the caller's or the policy's total timeout from now, the nearer one.

    It only tells the instant: attempt_timeout cuts the attempt short by it, retry makes none that would begin past
    it. Raises Elapsed at once where nothing is left.
    """
    now, total_timeout_seconds = senses.clock.now, policy.total_timeout_seconds

    async def layer(operation: str, attempt: Attempt[T]) -> T:
        started = now()
        asked = DEADLINE.get()
        if asked <= started:
            raise Elapsed
        ours = started + total_timeout_seconds
        if asked <= ours:
            return await inner(operation, attempt)
        token = DEADLINE.set(ours)
        try:
            return await inner(operation, attempt)
        finally:
            DEADLINE.reset(token)

    return layer
