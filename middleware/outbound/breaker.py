"""Leave a dependency alone that does not answer: refuse at once what would only fail or hang."""

from middleware.errors import Elapsed, Overloaded, Problem, Unavailable, UpstreamFailed
from middleware.outbound.attempt_timeout import CutShort
from middleware.outbound.circuit import Verdict
from middleware.outbound.layer import Attempt, Call, Senses, T
from middleware.outbound.policy import Policy


def breaker(inner: Call, policy: Policy, *, senses: Senses) -> Call:
    """Ask the circuit breaker of this class of work before each attempt, and tell it how each one ended."""
    circuit = senses.breakers.of(policy)
    admit, settle = circuit.admit, circuit.settle

    async def layer(operation: str, attempt: Attempt[T]) -> T:
        admitted = admit()
        try:
            result = await inner(operation, attempt)
        except BaseException as error:
            settle(admitted, verdict_of(error))
            raise
        settle(admitted, "good")
        return result

    return layer


def verdict_of(error: BaseException) -> Verdict:
    """Say what an attempt's error tells of the dependency.

    A refusal with a reason (a conflict, a bad value) is an answer. No room for it, its caller's deadline, its
    caller's departure or a bug of ours on the way say nothing.
    """
    match error:
        case Overloaded() | CutShort():
            return "neutral"
        case Unavailable() | Elapsed() | UpstreamFailed():
            return "bad"
        case Problem():
            return "good"
        case _:
            return "neutral"
