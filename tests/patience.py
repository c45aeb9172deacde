"""Asking a service until it says what is waited for, at a pace that its limits bear."""

import asyncio
from collections.abc import Awaitable, Callable

_LOOK_SECONDS = 0.01


async def until_told(is_so: Callable[[], Awaitable[bool]], *, within_seconds: float = 30.0) -> None:
    """Ask a hundred times a second at most: without a pause a quick machine is soon told to wait."""
    async with asyncio.timeout(within_seconds):
        while not await is_so():  # noqa: ASYNC110 - another process announces nothing
            await asyncio.sleep(_LOOK_SECONDS)
