"""Tell how long each call to a dependency took and how it ended, as the caller saw it."""

import asyncio

from middleware.errors import Elapsed, Overloaded, Problem
from middleware.outbound.layer import Attempt, Call, Senses, T
from middleware.outbound.layer_policies import BreakerOpen
from middleware.outbound.policy import Policy
from telemetry.context import CURRENT_REQUEST
from telemetry.events import DependencyCalled, Outcome
from telemetry.recording import CURRENT_CALL

End = tuple[Outcome, str]
"""How a call ended: its outcome and its error's type."""

BREAKER_OPEN = "breaker_open"
"""To whoever called it is like any dependency that cannot be reached; to whoever operates it is not."""

ANSWERED: End = ("ok", "")


class Answered(Exception):  # noqa: N818 - it says what happened
    """Stands behind a problem that a dependency's answer meant; the message is the answer's word, such as `503`."""


def measure(inner: Call, policy: Policy, *, senses: Senses) -> Call:
    """Emit one DependencyCalled for each call, whatever its end; the end itself passes through unchanged.

    A call that its caller gave up is an error of type `cancelled`, a bug one of type `internal`. The call has a number
    among the spans of its request, and all that is told on its way is told within it (CURRENT_CALL).
    """
    observe, now, dependency = senses.observe, senses.clock.now, policy.dependency

    def tell(operation: str, end: End, *, started: float, cause: str = "") -> None:
        outcome, error_type = end
        observe(
            DependencyCalled(
                dependency=dependency,
                operation=operation,
                outcome=outcome,
                error_type=error_type,
                duration_seconds=now() - started,
                cause=cause,
            )
        )

    async def layer(operation: str, attempt: Attempt[T]) -> T:
        started = now()
        context = CURRENT_REQUEST.get()
        place = CURRENT_CALL.set(0 if context is None else context.recording.draw())
        try:
            result = await inner(operation, attempt)
            tell(operation, ANSWERED, started=started)
        except BaseException as error:
            tell(operation, end_of(error), started=started, cause=cause_of(error))
            raise
        finally:
            CURRENT_CALL.reset(place)
        return result

    return layer


def cause_of(error: BaseException) -> str:
    """The word for what stands behind an error; none for a timeout, behind which stands only its being cancelled."""
    match error.__cause__:
        case None | asyncio.CancelledError():
            return ""
        case Answered() as answered:
            return str(answered)
        case behind:
            return type(behind).__name__


def end_of(error: BaseException) -> End:
    """Say in the events' words how a call ended that raised `error`."""
    match error:
        case BreakerOpen():
            return "rejected", BREAKER_OPEN
        case Elapsed():
            return "timeout", error.kind
        case Overloaded():
            return "rejected", error.kind
        case Problem():
            return "error", error.kind
        case asyncio.CancelledError():
            return "error", "cancelled"
        case _:
            return "error", "internal"
