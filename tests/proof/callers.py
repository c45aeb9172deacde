"""Callers who come on top of the usual ones."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

from tests.proof.shops import Shop

UNDER_WAY_AT_MOST = 600
Headers = Callable[[], dict[str, str]]


@asynccontextmanager
async def calling(
    shop: Shop,
    path: str,
    *,
    a_second: float,
    seconds: float = 30.0,
    headers: Headers = dict,
) -> AsyncIterator[None]:
    """Ask for something so many times a second, whether answers come or not."""
    async with coming(lambda: shop.ask(path, seconds=seconds, headers=headers()), a_second=a_second):
        yield


@asynccontextmanager
async def coming(call: Callable[[], Coroutine[Any, Any, int]], *, a_second: float) -> AsyncIterator[None]:
    """Make a call so many times a second, whether those before have ended or not."""
    under_way: set[asyncio.Task[Any]] = set()

    async def come() -> None:
        due = time.monotonic()
        while True:
            if len(under_way) < UNDER_WAY_AT_MOST:
                task = asyncio.create_task(call())
                under_way.add(task)
                task.add_done_callback(under_way.discard)
            due += 1 / a_second
            await asyncio.sleep(max(0.0, due - time.monotonic()))

    caller = asyncio.create_task(come())
    try:
        yield
    finally:
        caller.cancel()
        for task in under_way:
            task.cancel()
