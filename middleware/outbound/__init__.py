"""The outbound stack: what a call passes through on its way to Postgres, to Redis or to another service.

    measure ▸ see_through ▸ together ▸ bulkhead ▸ deadline ▸ retry ▸ breaker ▸ attempt_timeout ▸ the attempt

1. *measure*: what it tells is the caller's wait, whatever the layers inside did with it.
2. *see_through*: a write outlives its caller together with the permit it holds and the breaker it answers to, so it
   stands outside all of these. Around a class of work that may be torn it is not there at all.
3. *together*: who comes in one turn of the event loop, or has to wait for a permit, with others who ask something of
   the same kind is answered together with them, where the class of work has such; so it stands where permits are asked
   for, and nothing inside knows of it.
4. *bulkhead*: one permit covers all attempts of a call, so repeats cannot take more than their class's share.
5. *deadline*: counted from when the call may begin, over all attempts and the waits between them.
6. *retry*: around the breaker, so that each attempt counts with it and an open one ends the repeats.
7. *breaker*: around the attempt's timeout, so that it sees what hangs as a failure.
8. *attempt_timeout*: one try, so that whatever decides about another may see each one end.

A call inside a transaction passes only part of it (WITHIN): the transaction holds the permit, and a statement that
failed in it cannot be repeated without those before it.
"""

from functools import reduce

from middleware.outbound.attempt_timeout import attempt_timeout
from middleware.outbound.breaker import breaker
from middleware.outbound.bulkhead import bulkhead
from middleware.outbound.call_deadline import deadline
from middleware.outbound.layer import Call, Layer, Senses, straight
from middleware.outbound.measure import measure
from middleware.outbound.policy import Policy
from middleware.outbound.retry import retry
from middleware.outbound.see_through import see_through
from middleware.outbound.together import together

STACK: tuple[Layer, ...] = (measure, see_through, together, bulkhead, deadline, retry, breaker, attempt_timeout)
"""The layers, outermost first."""

WITHIN: tuple[Layer, ...] = (measure, deadline, breaker, attempt_timeout)
"""Those around one statement of several that belong together."""

BEFORE: tuple[Layer, ...] = (measure, deadline, attempt_timeout)
"""Those around what asks nothing of the dependency, such as taking a connection that is open already."""


def outbound(policy: Policy, *, senses: Senses, stack: tuple[Layer, ...] = STACK) -> Call:
    """Put the stack together for one class of work."""

    def wrap(inner: Call, layer: Layer) -> Call:
        return layer(inner, policy, senses=senses)

    return reduce(wrap, reversed(stack), straight)
