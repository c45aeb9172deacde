"""Work that blocks, run beside the event loop, and stopped when whoever waits for it is cancelled."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

STOP_AGAIN_SECONDS = 0.1
"""A cancel that reaches Postgres between two statements ends neither, so it is sent until the work has ended."""


async def on_a_thread(work: Callable[[], T], *, stop: Callable[[], None]) -> T:
    """What `work` returns or raises. A cancel calls `stop` until the work has ended, and only then takes effect."""
    running = asyncio.ensure_future(asyncio.to_thread(work))
    try:
        return await asyncio.shield(running)
    except asyncio.CancelledError:
        while not running.done():
            stop()
            await asyncio.wait([running], timeout=STOP_AGAIN_SECONDS)
        running.exception()
        raise
