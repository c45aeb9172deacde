"""One look-up for all who want the same at the same time."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from contextvars import Context
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Found = TypeVar("Found")


class SingleFlight(Generic[Key, Found]):
    """Joins whoever asks for what is being looked up already.

    The look-up belongs to none of those who wait: it has no deadline of theirs and goes on when they leave.
    """

    def __init__(self, look_up: Callable[[Key], Awaitable[Found]]) -> None:
        self._look_up = look_up
        self._flying: dict[Key, asyncio.Task[Found]] = {}

    async def get(self, key: Key) -> Found:
        """What is found under the key; raises what the look-up raises."""
        task = self._flying.get(key)
        if task is None:
            task = asyncio.get_running_loop().create_task(self._found(key), context=Context())
            self._flying[key] = task
            task.add_done_callback(self._landed(key))
        return await asyncio.shield(task)

    async def _found(self, key: Key) -> Found:
        return await self._look_up(key)

    def _landed(self, key: Key) -> Callable[[asyncio.Task[Found]], None]:
        def land(task: asyncio.Task[Found]) -> None:
            del self._flying[key]
            if not task.cancelled():
                task.exception()  # everybody may have left: then nobody else looks at it

        return land
