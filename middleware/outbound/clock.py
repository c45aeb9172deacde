"""Time and chance, as arguments: what real code and a test hand in alike."""

import asyncio
import random
import time
from collections.abc import Callable
from dataclasses import dataclass

from middleware.sweeper import CallLater, Timer

__all__ = ["CLOCK", "CallLater", "Clock", "Timer", "call_later"]


def call_later(delay_seconds: float, callback: Callable[[], object], /) -> Timer:
    """Arrange it with the running event loop."""
    return asyncio.get_running_loop().call_later(delay_seconds, callback)


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """`now` in seconds from an arbitrary start, never going back; `jitter` gives a number in [0, 1)."""

    now: Callable[[], float] = time.monotonic
    call_later: CallLater = call_later
    jitter: Callable[[], float] = random.random

    async def sleep(self, seconds: float) -> None:
        """Let this much time pass."""
        passed: asyncio.Future[None] = asyncio.get_running_loop().create_future()

        def pass_on() -> None:
            if not passed.done():
                passed.set_result(None)

        timer = self.call_later(seconds, pass_on)
        try:
            await passed
        finally:
            timer.cancel()


CLOCK = Clock()
"""The real one."""
