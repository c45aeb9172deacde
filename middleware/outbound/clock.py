"""Time and chance, as arguments: what real code and a test hand in alike."""

import asyncio
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol


class Timer(Protocol):
    """Something that will happen, unless cancelled before."""

    def cancel(self) -> object:
        """Let it not happen; harmless when it has."""


class CallLater(Protocol):
    """Arranges for `callback` to be called once, in `delay_seconds` from now."""

    def __call__(self, delay_seconds: float, callback: Callable[[], object], /) -> Timer:
        """Return the arrangement."""


def call_later(delay_seconds: float, callback: Callable[[], object], /) -> Timer:
    """Arrange it with the running event loop."""
    return asyncio.get_running_loop().call_later(delay_seconds, callback)


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """`now` in seconds from an arbitrary start, never going back; `jitter` gives a number in [0, 1)."""

    now: Callable[[], float] = time.monotonic
    call_later: CallLater = call_later
    jitter: Callable[[], float] = random.random


CLOCK = Clock()
"""The real one."""
