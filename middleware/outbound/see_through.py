"""See a write through to its end once it has begun, whatever becomes of its caller."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from middleware.outbound.layer import Attempt, Call, Senses, T
from middleware.outbound.policy import Policy

Running = set[asyncio.Task[Any]]
"""Tasks whose caller has left: the event loop itself would let them be collected. Any: nobody takes their result."""


def see_through(inner: Call, policy: Policy, *, senses: Senses) -> Call:
    """Make the call in a task of its own where the policy says so; a caller that leaves does not take it along.

    What has not begun yet (it waits in line, or for another try) is given up with its caller. What has begun keeps
    its permit, its connection and its say with the breaker until it really ends, bounded by its attempt timeout.
    A task costs 3 µs, so reads go without.
    """
    if not policy.is_seen_through:
        return inner
    running = senses.running

    async def layer(operation: str, attempt: Attempt[T]) -> T:
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

        return await await_through(lambda: inner(operation, begin), has_begun=has_begun, running=running)

    return layer


async def await_through(work: Callable[[], Awaitable[T]], *, has_begun: Callable[[], bool], running: Running) -> T:
    """Await `work` in a task of its own; cancelled meanwhile, let it run on where it has begun, else give it up."""

    async def run() -> T:
        return await work()

    task = asyncio.get_running_loop().create_task(run())
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        if has_begun():
            running.add(task)
            task.add_done_callback(running.discard)
            task.add_done_callback(_hear_out)
        elif not task.done():
            task.cancel()
            await asyncio.wait([task])
        raise


def _hear_out(task: asyncio.Task[Any]) -> None:
    """Take its error, which its layers have told of: nobody else is left to."""
    if not task.cancelled():
        task.exception()
