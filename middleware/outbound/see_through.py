"""See a write through to its end once it has begun, whatever becomes of its caller."""

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any

from middleware.outbound.layer import Attempt, Call, Senses, T
from middleware.outbound.policy import Policy
from middleware.outbound.voyage import Voyage

Running = set[asyncio.Task[Any]]
"""Tasks whose caller has left: the event loop itself would let them be collected. Any: nobody takes their result."""


def see_through(inner: Call, policy: Policy, *, senses: Senses) -> Call:
    """Make the call so that a caller that leaves does not take it along, where the policy says so.

    What has not begun yet (it waits in line, or for another try) is given up with its caller. What has begun keeps
    its permit, its connection and its say with the breaker until it really ends, bounded by its attempt timeout.
    """
    if not policy.is_seen_through:
        return inner
    running = senses.running

    def layer(operation: str, attempt: Attempt[T]) -> Coroutine[Any, Any, T]:
        under_way = deserted = False

        async def begin() -> T:
            nonlocal under_way
            if deserted:  # it failed after its caller had left: nobody wants it tried again
                raise asyncio.CancelledError
            under_way = True
            try:
                return await attempt()
            finally:
                under_way = False

        def has_begun() -> bool:
            nonlocal deserted
            deserted = True
            return under_way

        return await_through(inner(operation, begin), has_begun=has_begun, running=running)

    return layer


async def await_through(work: Coroutine[Any, Any, T], *, has_begun: Callable[[], bool], running: Running) -> T:
    """Await the work; cancelled meanwhile, let it go on in a task of its own where it has begun, else give it up."""
    voyage = Voyage(work)
    try:
        return await voyage
    except asyncio.CancelledError:
        if voyage.is_over:
            pass
        elif has_begun():
            task = asyncio.get_running_loop().create_task(voyage.finish())
            running.add(task)
            task.add_done_callback(running.discard)
            task.add_done_callback(_hear_out)
        else:
            voyage.cancel()
            with suppress(Exception, asyncio.CancelledError):
                await voyage
        raise


def _hear_out(task: asyncio.Task[Any]) -> None:
    """Take its error, which its layers have told of: nobody else is left to."""
    if not task.cancelled():
        task.exception()
