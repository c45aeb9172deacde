"""The task that waits at a doorbell goes on at once, and is cancelled as at a future."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest

from middleware.inbound.doorbell import Doorbell


class Waiter:
    """Waits at a doorbell again and again; `seen` is what it went through."""

    def __init__(self) -> None:
        self.doorbell = Doorbell(asyncio.get_running_loop())
        self.seen: list[str] = []

    async def run(self) -> None:
        while True:
            try:
                await self.doorbell
            except asyncio.CancelledError:
                self.seen.append("cancelled")
                raise
            task = asyncio.current_task()
            self.seen.append("no task" if task is None else task.get_name())


@asynccontextmanager
async def waiting() -> AsyncIterator[tuple[Waiter, "asyncio.Task[None]"]]:
    waiter = Waiter()
    task = asyncio.create_task(waiter.run(), name="the waiter")
    await asyncio.sleep(0)
    yield waiter, task
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def in_the_loop(waiter: Waiter, *, times: int = 1) -> list[list[str]]:
    """Ring as a connection does, where no task is running; what had been seen when the ring was over, each time."""
    seen: list[list[str]] = []
    done = asyncio.Event()

    def ring() -> None:
        for _ in range(times):
            waiter.doorbell.set_result(None)
            waiter.doorbell.go_on()
            seen.append([*waiter.seen])
        done.set()

    asyncio.get_running_loop().call_soon(ring)
    await done.wait()
    return seen


async def test_whoever_waits_goes_on_within_the_ring_as_the_task_it_is() -> None:
    async with waiting() as (waiter, _):
        seen = await in_the_loop(waiter, times=2)

    assert seen == [["the waiter"], ["the waiter", "the waiter"]]


async def test_from_within_another_task_it_goes_on_after_that_one() -> None:
    async with waiting() as (waiter, _):
        waiter.doorbell.set_result(None)
        waiter.doorbell.go_on()
        before = [*waiter.seen]
        await asyncio.sleep(0)

        assert (before, waiter.seen) == ([], ["the waiter"])


async def test_nobody_goes_on_who_was_not_rung_for() -> None:
    async with waiting() as (waiter, _):
        waiter.doorbell.go_on()
        await asyncio.sleep(0)

        assert (waiter.seen, waiter.doorbell.done()) == ([], False)


@pytest.mark.parametrize("by", ["task", "doorbell"])
async def test_a_cancellation_ends_the_wait(by: str) -> None:
    async with waiting() as (waiter, task):
        found = task.cancel() if by == "task" else waiter.doorbell.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    assert (found, waiter.seen, waiter.doorbell.cancel()) == (True, ["cancelled"], False)


async def test_one_that_is_cancelled_once_it_goes_on_is_cancelled_at_its_next_wait() -> None:
    async with waiting() as (waiter, task):
        waiter.doorbell.set_result(None)
        waiter.doorbell.go_on()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    assert waiter.seen == ["cancelled"]
