"""Somebody wants the process to end."""

import asyncio
import signal
from collections.abc import Callable, Sequence
from typing import TypeVar

Started = TypeVar("Started")


class Stop:
    """Told once or more often; told that another process has taken the place, there is nobody to wait for."""

    def __init__(self) -> None:
        self._told = asyncio.Event()
        self.is_replaced = False

    @property
    def is_told(self) -> bool:
        """Whether anybody has said so."""
        return self._told.is_set()

    def tell(self, *, is_replaced: bool = False) -> None:
        """Say so."""
        self.is_replaced = self.is_replaced or is_replaced
        self._told.set()

    async def wait(self) -> None:
        """Wait until somebody does."""
        await self._told.wait()


TOLD_BY = (signal.SIGINT, signal.SIGTERM)


def stop_on_signals(
    stop: Stop, *, last: Callable[[signal.Signals], None], numbers: Sequence[signal.Signals] = TOLD_BY
) -> None:
    """Tell it on these; who has been told already, by whomever, does the last thing at once."""
    loop = asyncio.get_running_loop()

    def told(number: signal.Signals) -> None:
        if stop.is_told:
            loop.remove_signal_handler(number)
            last(number)
        stop.tell()

    for number in numbers:
        loop.add_signal_handler(number, told, number)


async def unless_stopped(start: "asyncio.Task[Started]", stop: Stop) -> Started | None:
    """What was started; None where the stop came first, and then the start is undone."""
    stopped = asyncio.create_task(stop.wait())
    await asyncio.wait([start, stopped], return_when=asyncio.FIRST_COMPLETED)
    stopped.cancel()
    if not start.done():
        start.cancel()
        await asyncio.wait([start])
    return None if start.cancelled() else start.result()
