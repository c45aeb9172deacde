"""Work that goes on though its caller leaves."""

import asyncio
import gc
from contextvars import ContextVar
from weakref import ref

import pytest

from middleware.outbound.voyage import Voyage, interruptible

WORD: ContextVar[str] = ContextVar("word", default="")


class Sea:
    """Work that waits for something, and keeps what it saw."""

    def __init__(self) -> None:
        self.answer: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self.seen: list[str] = []
        self.voyage = Voyage(self.work())

    async def work(self) -> str:
        try:
            found = await self.answer
        except asyncio.CancelledError:
            self.seen.append("cancelled")
            raise
        self.seen.append(found)
        return found

    async def embark(self) -> "asyncio.Task[str]":
        task = asyncio.create_task(self.voyage.finish())
        await asyncio.sleep(0)
        return task


async def test_work_that_waits_for_nothing_ends_at_once() -> None:
    async def work() -> str:
        return "done"

    waiting = Voyage(work()).__await__()

    with pytest.raises(StopIteration) as ended:
        next(waiting)
    assert ended.value.value == "done"


async def test_work_gives_what_it_has_waited_for() -> None:
    sea = Sea()
    task = await sea.embark()

    sea.answer.set_result("land")

    assert (await task, sea.seen, sea.voyage.is_over) == ("land", ["land"], True)


async def test_a_caller_that_leaves_leaves_the_work_as_it_is_for_another_to_drive_on() -> None:
    sea = Sea()
    task = await sea.embark()

    task.cancel()
    await asyncio.wait([task])
    left = (task.cancelled(), sea.answer.cancelled(), [*sea.seen], sea.voyage.is_over)
    another = await sea.embark()
    sea.answer.set_result("land")

    assert (left, await another) == ((True, False, [], False), "land")


async def test_a_caller_that_leaves_as_the_answer_comes_has_left() -> None:
    sea = Sea()
    task = await sea.embark()

    sea.answer.set_result("land")
    task.cancel()
    await asyncio.wait([task])

    assert (task.cancelled(), sea.voyage.is_over, await sea.voyage) == (True, False, "land")


async def test_a_caller_cancelled_before_it_waits_leaves_too() -> None:
    sea = Sea()

    async def embark() -> str:
        task = asyncio.current_task()
        assert task is not None
        task.cancel()
        return await sea.voyage

    task = asyncio.create_task(embark())
    await asyncio.wait([task])
    sea.answer.set_result("land")

    assert (task.cancelled(), await sea.voyage) == (True, "land")


async def test_a_voyage_that_is_cancelled_cancels_the_work_and_not_its_caller() -> None:
    sea = Sea()
    task = await sea.embark()

    sea.voyage.cancel()
    await asyncio.wait([task])

    assert (sea.seen, sea.voyage.cancelling(), task.cancelling()) == (["cancelled"], 1, 0)


async def test_a_voyage_cancelled_as_the_answer_comes_is_cancelled() -> None:
    sea = Sea()
    task = await sea.embark()

    sea.answer.set_result("land")
    sea.voyage.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert (sea.voyage.uncancel(), sea.voyage.cancel()) == (0, False)


async def test_what_fails_while_it_is_waited_for_is_for_the_work_to_see() -> None:
    answer: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    async def work() -> str:
        try:
            return await answer
        except ConnectionError as error:
            return f"saw that it was {error}"

    task = asyncio.create_task(Voyage(work()).finish())
    await asyncio.sleep(0)
    answer.set_exception(ConnectionError("lost"))

    assert await task == "saw that it was lost"


async def test_what_the_work_raises_its_caller_gets() -> None:
    async def work() -> None:
        await asyncio.sleep(0)
        raise ValueError("no")

    voyage = Voyage(work())

    with pytest.raises(ValueError, match="no"):
        await voyage
    assert voyage.is_over


async def test_work_that_only_gives_way_goes_on_and_may_be_cancelled_there() -> None:
    seen: list[str] = []

    async def work() -> None:
        await asyncio.sleep(0)
        seen.append("went on")
        await asyncio.sleep(0)
        seen.append("never")

    voyage = Voyage(work())
    task = asyncio.create_task(voyage.finish())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    voyage.cancel()
    await asyncio.wait([task])

    assert (seen, task.cancelled()) == (["went on"], True)


async def test_what_work_sets_in_a_context_stays_its_own_whoever_drives_it() -> None:
    gate = asyncio.Event()

    async def work() -> str:
        token = WORD.set("within")
        await gate.wait()
        seen = WORD.get()
        WORD.reset(token)
        return f"{seen}, then {WORD.get()!r}"

    voyage = Voyage(work())
    task = asyncio.create_task(voyage.finish())
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait([task])
    gate.set()

    assert (await voyage, WORD.get()) == ("within, then ''", "")


@pytest.mark.parametrize("leaves", ["inner", "outer"])
async def test_a_voyage_within_a_voyage_is_left_by_the_one_who_leaves(leaves: str) -> None:
    sea = Sea()
    outer = Voyage(sea.voyage.finish())
    task = asyncio.create_task(outer.finish())
    await asyncio.sleep(0)

    if leaves == "outer":
        task.cancel()
    else:
        outer.cancel()
    await asyncio.wait([task])
    sea.answer.set_result("land")

    assert (outer.is_over, sea.voyage.is_over, await sea.voyage) == (leaves == "inner", False, "land")


async def test_what_runs_within_a_voyage_is_interrupted_by_it_and_anything_else_by_its_task() -> None:
    found: list[object] = []

    async def elsewhere() -> None:
        found.append(interruptible() is asyncio.current_task())

    async def work() -> None:
        found.append(interruptible())
        await asyncio.create_task(elsewhere())  # which inherits the context

    voyage = Voyage(work())
    await voyage

    assert (found, interruptible()) == ([voyage, True], asyncio.current_task())


class Cargo:
    """Something to have on board."""


async def test_a_voyage_that_is_over_leaves_nothing_to_the_collector_of_garbage() -> None:
    on_board: ContextVar[Cargo] = ContextVar("on_board")

    async def work() -> "ref[Cargo]":
        cargo = Cargo()
        on_board.set(cargo)
        await asyncio.sleep(0)
        return ref(cargo)

    gc.disable()
    try:
        cargo = await Voyage(work())
        left = cargo()
    finally:
        gc.enable()

    assert left is None
