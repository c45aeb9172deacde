"""Several connects at once, of which the first to succeed counts, or all that do."""

import asyncio
import math
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, Protocol, TypeVar


class Closable(Protocol):
    """What a connect gives."""

    def close(self) -> None:
        """Let go of it."""


C = TypeVar("C", bound=Closable)


async def first_of(connects: Sequence[Callable[[], Coroutine[Any, Any, C]]], *, delay_seconds: float) -> C:
    """Begin each connect `delay_seconds` after the one before it, or as soon as one fails; return the first there is.

    The others are ended. Where all fail, raises what the last of them raised.
    """
    running: set[asyncio.Task[C]] = set()
    waiting = list(connects)
    winner: asyncio.Task[C] | None = None
    try:
        while True:
            if waiting:
                running.add(asyncio.create_task(waiting.pop(0)()))
            timeout = delay_seconds if waiting else None
            done, _ = await asyncio.wait(running, timeout=timeout, return_when=asyncio.FIRST_COMPLETED)
            winner = next((task for task in done if task.exception() is None), None)
            if winner is not None:
                return winner.result()
            running -= done
            if not running and not waiting:
                return done.pop().result()
    finally:
        await _end([task for task in running if task is not winner])


async def all_of(connects: Sequence[Callable[[], Coroutine[Any, Any, C]]], *, patience_seconds: float) -> list[C]:
    """Begin all connects at once; return those there are `patience_seconds` after the first has succeeded.

    The others are ended. Where all fail, raises what the last of them raised.
    """
    running = {asyncio.create_task(connect()) for connect in connects}
    won: list[asyncio.Task[C]] = []
    now, until = asyncio.get_running_loop().time, math.inf
    try:
        while running and now() < until:
            timeout = until - now() if won else None
            done, running = await asyncio.wait(running, timeout=timeout, return_when=asyncio.FIRST_COMPLETED)
            won += [task for task in done if task.exception() is None]
            if won and until == math.inf:
                until = now() + patience_seconds
            if not running and not won:
                done.pop().result()
        return [task.result() for task in won]
    except asyncio.CancelledError:
        running |= set(won)
        raise
    finally:
        await _end(list(running))


async def _end(losers: Sequence[asyncio.Task[C]]) -> None:
    """Cancel them; close what they have got all the same."""
    for loser in losers:
        loser.cancel()
    for outcome in await asyncio.gather(*losers, return_exceptions=True):
        if not isinstance(outcome, BaseException):
            outcome.close()
