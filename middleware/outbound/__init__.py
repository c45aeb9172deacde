"""The outbound stack: what a call passes through on its way to Postgres, to Redis or to another service.

    measure ▸ attempt_timeout ▸ the attempt

*measure* is outermost: what it tells is the caller's wait, whatever the layers inside did with it.
*attempt_timeout* is innermost: it bounds one try, so that whatever decides about another try may stand
around it and see each try end.
"""

from functools import reduce

from middleware.outbound.attempt_timeout import attempt_timeout
from middleware.outbound.layer import Call, Layer, Senses, straight
from middleware.outbound.measure import measure
from middleware.outbound.policy import Policy

STACK: tuple[Layer, ...] = (measure, attempt_timeout)
"""The layers, outermost first."""


def outbound(policy: Policy, *, senses: Senses, stack: tuple[Layer, ...] = STACK) -> Call:
    """Put the stack together for one dependency."""

    def wrap(inner: Call, layer: Layer) -> Call:
        return layer(inner, policy, senses=senses)

    return reduce(wrap, reversed(stack), straight)
