"""Who shares a telling with whom, and who is told that it was not heard."""

import asyncio
from collections.abc import Sequence

import pytest

from storage.cache.tellings import Tellings

MAXIMUM = 3


class Listener:
    """Hears each telling when the test lets it."""

    def __init__(self) -> None:
        self.heard: list[list[str]] = []
        self.hears = True
        self.open = asyncio.Event()
        self.tellings: Tellings[str] = Tellings(self.hear, maximum=MAXIMUM)

    async def hear(self, things: Sequence[str]) -> bool:
        self.heard.append(list(things))
        await self.open.wait()
        return self.hears

    async def telling(self, *things: str) -> list[asyncio.Task[bool]]:
        """Tell each by itself, at the same time."""
        tasks = [asyncio.create_task(self.tellings.tell([thing])) for thing in things]
        await turns()
        return tasks


async def turns() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


@pytest.fixture
def listener() -> Listener:
    return Listener()


async def test_whoever_comes_alone_tells_at_once(listener: Listener) -> None:
    listener.open.set()

    assert await listener.tellings.tell(["a"])
    assert await listener.tellings.tell(["b"])
    assert listener.heard == [["a"], ["b"]]


async def test_those_who_come_while_one_is_under_way_share_the_next(listener: Listener) -> None:
    tasks = await listener.telling("a") + await listener.telling("b", "c")
    assert listener.heard == [["a"]]  # what is under way may have been heard before b and c were written
    listener.open.set()

    assert await asyncio.gather(*tasks) == [True] * 3
    assert listener.heard == [["a"], ["b", "c"]]


async def test_a_shared_one_has_an_end(listener: Listener) -> None:
    tasks = await listener.telling("a") + await listener.telling("b", "c", "d", "e")
    assert listener.heard == [["a"], ["e"]]
    listener.open.set()

    assert await asyncio.gather(*tasks) == [True] * 5
    assert listener.heard == [["a"], ["e"], ["b", "c", "d"]]


async def test_what_was_not_heard_was_not_for_all_who_shared_it(listener: Listener) -> None:
    listener.hears = False
    tasks = await listener.telling("a") + await listener.telling("b", "c")
    listener.open.set()

    assert await asyncio.gather(*tasks) == [False] * 3


async def test_whoever_leaves_while_telling_leaves_the_others_unheard_and_the_next_tell_again(
    listener: Listener,
) -> None:
    first = await listener.telling("a")
    shared = await listener.telling("b", "c")
    first[0].cancel()
    await turns()
    shared[0].cancel()
    later = await listener.telling("d")
    listener.open.set()

    ended = await asyncio.gather(*first, *shared, *later, return_exceptions=True)

    assert [isinstance(one, BaseException) or one for one in ended] == [True, True, False, True]
    assert listener.heard == [["a"], ["b", "c"], ["d"]]


async def test_whoever_leaves_while_waiting_takes_nobody_along(listener: Listener) -> None:
    first = await listener.telling("a")
    shared = await listener.telling("b", "c")
    shared[0].cancel()
    listener.open.set()

    ended = await asyncio.gather(*first, *shared, return_exceptions=True)

    assert [ended[0], type(ended[1]), ended[2]] == [True, asyncio.CancelledError, True]
    assert listener.heard == [["a"], ["b", "c"]]
