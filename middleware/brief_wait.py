"""A wait that ends by itself long before anybody's time is up, so that nobody sets a timer for it."""

import asyncio
from typing import TypeVar

from middleware.deadlines import seconds_left

T = TypeVar("T")

BRIEF_SECONDS = 2.0
"""Whoever has more time left than this may wait briefly."""


class Brief(asyncio.Future[T]):
    """A future that is settled within BRIEF_SECONDS, whatever happens to what it waits for.

    A request that waits for nothing else has no timer for its deadline, which takes 3 µs to set and to call off.
    """


def brief_or_not(loop: asyncio.AbstractEventLoop, now: float) -> asyncio.Future[T]:
    """A future for what takes less than BRIEF_SECONDS: a Brief one where the deadline is further away."""
    return Brief(loop=loop) if seconds_left(now) > BRIEF_SECONDS else loop.create_future()
