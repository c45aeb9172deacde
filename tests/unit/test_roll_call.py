"""Who asks for generations at the same time shares a call, which is sent after all of them have come."""

import asyncio
from collections.abc import Sequence

import pytest

from middleware.brief_wait import BRIEF_SECONDS
from middleware.errors import Problem, Unavailable
from middleware.outbound.layer import Senses
from middleware.outbound.policy import RedisPolicy
from storage.cache.answer_store import Present
from storage.cache.roll_call import Roll, RollCalls


class Words:
    """A store that tells generations when the test says so."""

    def __init__(self) -> None:
        self.senses = Senses(observe=lambda _event: None)
        self.present = {"a": b"1", "b": b"2"}
        self.asked: list[tuple[str, ...]] = []
        self.failure: Problem | None = None
        self.may_answer = asyncio.Event()
        self.calls = RollCalls(self.tell, senses=self.senses)

    async def tell(self, names: Sequence[str]) -> Present:
        self.asked.append(tuple(names))
        words = tuple(self.present.get(name) for name in names)
        await self.may_answer.wait()
        if self.failure is not None:
            raise self.failure
        return Present(now=len(self.asked), words=words)

    def ask(self, *names: str) -> "asyncio.Task[Roll]":
        return asyncio.create_task(self.calls.roll(names))


class Broken:
    """Fails in a way nobody has thought of, once."""

    def __init__(self, words: Words) -> None:
        self.words = words
        self.is_whole = False

    async def __call__(self, names: Sequence[str]) -> Present:
        if not self.is_whole:
            self.is_whole = True
            raise ZeroDivisionError
        return await self.words.tell(names)


async def turns(count: int = 3) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


async def test_who_comes_before_the_call_is_sent_shares_it() -> None:
    words = Words()
    words.may_answer.set()

    rolls = await asyncio.gather(words.ask("a"), words.ask("b", "a"), words.ask("gone"))

    assert words.asked == [("a", "b", "gone")]
    assert list(rolls) == [Roll(now=1, words={"a": b"1", "b": b"2", "gone": None})] * 3


async def test_who_comes_after_it_was_sent_is_told_what_has_been_written_since() -> None:
    words = Words()
    early = words.ask("a")
    await turns()
    words.present["a"] = b"9"
    late = [words.ask("a"), words.ask("b")]
    await turns()
    words.may_answer.set()

    assert (await early).words == {"a": b"1"}
    assert [(await one).words for one in late] == [{"a": b"9", "b": b"2"}] * 2
    assert words.asked == [("a",), ("a", "b")]


async def test_who_waits_behind_a_call_that_fails_is_told_so_at_once() -> None:
    words = Words()
    words.failure = Unavailable()
    early = words.ask("a")
    await turns()
    late = words.ask("b")
    await turns()
    words.may_answer.set()

    for asked in (early, late):
        with pytest.raises(Unavailable):
            await asked
    assert words.asked == [("a",)]


async def test_after_a_failure_the_next_is_asked_anew() -> None:
    words = Words()
    words.failure = Unavailable()
    words.may_answer.set()
    with pytest.raises(Unavailable):
        await words.ask("a")
    words.failure = None

    assert (await words.ask("a")).words == {"a": b"1"}


async def test_who_leaves_takes_nobody_along() -> None:
    words = Words()
    asked = [words.ask("a") for _ in range(3)]
    await turns()

    asked[0].cancel()
    await turns()
    words.may_answer.set()

    assert [(await one).words for one in asked[1:]] == [{"a": b"1"}] * 2
    assert asked[0].cancelled()


async def test_a_bug_is_everybodys_and_not_forever() -> None:
    words = Words()
    words.may_answer.set()
    words.calls = RollCalls(Broken(words), senses=words.senses)
    asked = [words.ask("a"), words.ask("b")]

    for one in asked:
        with pytest.raises(ZeroDivisionError):
            await one
    assert (await words.ask("a")).words == {"a": b"1"}


def test_the_longest_that_anybody_waits_is_brief() -> None:
    one_call_seconds = RedisPolicy().commands().attempt_timeout_seconds

    assert 2 * one_call_seconds < BRIEF_SECONDS


async def test_all_who_wait_count_as_waiting_for_redis() -> None:
    words = Words()
    asked = [words.ask("a") for _ in range(5)]
    await turns()
    waiting = words.senses.attempts_under_way
    words.may_answer.set()
    await asyncio.gather(*asked)

    assert (waiting, words.senses.attempts_under_way) == (5, 0)
