"""Keep each class of work within its share: one slow class cannot take what the others need."""

from middleware.outbound.layer import Attempt, Call, Senses, T
from middleware.outbound.policy import Policy


def bulkhead(inner: Call, policy: Policy, *, senses: Senses) -> Call:
    """Let as many calls pass as there are permits; one covers all attempts of a call and the waits between them."""
    permits = senses.permits_of(policy)

    async def layer(operation: str, attempt: Attempt[T]) -> T:
        if permits.free > 0:
            permits.free -= 1
        else:
            await permits.take()
        try:
            return await inner(operation, attempt)
        finally:
            permits.give_back()

    return layer
