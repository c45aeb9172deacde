"""Give up an attempt that outlives its time."""

import asyncio

from middleware.deadlines import DEADLINE
from middleware.errors import Elapsed
from middleware.outbound.layer import Attempt, Call, Senses, T
from middleware.outbound.policy import Policy
from middleware.outbound.voyage import interruptible


class NoAnswer(Elapsed):
    """No answer came in the time allowed."""


class CutShort(Elapsed):
    """The caller's deadline passed before the answer came."""


def attempt_timeout(inner: Call, policy: Policy, *, senses: Senses) -> Call:
    """Cancel an attempt after the policy's attempt timeout, or at the deadline, and raise NoAnswer or CutShort instead.

    A write that has begun is not cut short by the deadline, as nobody would know then whether it was made. It does
    what `asyncio.timeout` does (a cancellation from elsewhere stays one), for a fraction of its cost.
    """
    now, at, timeout_seconds = senses.clock.now, senses.sweeper.at, policy.attempt_timeout_seconds
    heeds_deadline = not policy.is_seen_through

    async def layer(operation: str, attempt: Attempt[T]) -> T:
        task = interruptible()
        cancelled_before = task.cancelling()
        ends, late = now() + timeout_seconds, NO_ANSWER
        if heeds_deadline and (deadline := DEADLINE.get()) < ends:
            ends, late = deadline, CUT_SHORT
        timer = at(ends, task.cancel)
        senses.attempts_under_way += 1
        try:
            return await inner(operation, attempt)
        except asyncio.CancelledError as error:
            # At the deadline whoever set it cancels too, perhaps first: the call has run out of time all the same.
            if (late is CUT_SHORT and now() >= ends) or (timer.has_fired and task.cancelling() == cancelled_before + 1):
                raise late from error
            raise
        finally:
            senses.attempts_under_way -= 1
            timer.cancel()
            if timer.has_fired:
                task.uncancel()

    return layer


NO_ANSWER: type[Elapsed] = NoAnswer
CUT_SHORT: type[Elapsed] = CutShort
