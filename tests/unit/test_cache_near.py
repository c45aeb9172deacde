"""Answers near at hand: given only where the store says, after the question, that nothing has been written."""

import asyncio
import random
from collections.abc import Sequence
from dataclasses import replace

import pytest

from middleware.errors import Problem, Unavailable
from middleware.outbound.layer import Senses
from storage.cache.answer_store import Found, Present, Room
from storage.cache.entry import Entry, Rows, unpacked
from storage.cache.near_answers import NearAnswers, Watch
from storage.cache.question import Question
from storage.cache.roll_call import Roll

ROOM = Room(seconds=60, answers=10)
LISTS, OTHERS = "thing:lists", "maker:lists"


def about(key: str, *, watched: tuple[str, ...] = (LISTS,)) -> Question:
    return Question(
        place=f"whole of {key}",
        keys=(f"thing:{key}", "thing:records"),
        watched=watched,
        name="whole",
        tables=("thing",),
        key=key,
    )


class Shop:
    """A store as Redis is one: answers and generations that writes end. Each command takes effect at one moment,
    some turns of the loop after it was sent and some before its reply is here.
    """

    def __init__(self, *, chance: random.Random | None = None, maximum_bytes: int = 10_000) -> None:
        self.now = 1_000
        self.rows: dict[str, Rows] = {}
        self.asked_at: dict[str, int] = {}
        self.words: dict[str, bytes] = {}
        self.looks: list[str] = []
        self.told: list[tuple[str, ...]] = []
        self.failure: Problem | None = None
        self.fresh_for = 100
        self._chance = chance
        self._used = 0
        self.near = NearAnswers(self, senses=Senses(observe=lambda _event: None), maximum_bytes=maximum_bytes)

    async def look(self, question: Question) -> Found:
        await self._way()
        self.looks.append(question.key or "")
        words = tuple(self._begun(name) for name in question.watched)
        generations = b" ".join(self._begun(name) for name in question.keys)
        key = question.keys[0]
        entry = None
        if key in self.rows:
            at = self.asked_at[key]
            entry = Entry(rows=self.rows[key], generations=generations, asked_at=at, renewed_at=at + self.fresh_for)
        found = Found(now=self.now, generations=generations, entry=entry, watched=words)
        await self._way()
        return found

    async def present(self, names: Sequence[str]) -> Present:
        await self._way()
        self.told.append(tuple(names))
        present = Present(now=self.now, words=tuple(self.words.get(name) for name in names))
        await self._way()
        return present

    async def keep(self, question: Question, entry: bytes, *, generations: bytes, room: Room) -> bool:
        answer = unpacked(entry)
        assert answer is not None
        self.rows[question.keys[0]], self.asked_at[question.keys[0]] = answer.rows, answer.asked_at
        return True

    async def forget(self, gone: Sequence[str], changed: Sequence[str] = ()) -> None:
        await self._way()
        for name in (*gone, *changed):
            self.words.pop(name, None)
        await self._way()

    async def lease(self, name: str) -> bool:
        return True

    def holds(self, key: str, *cells: object) -> None:
        """Have an answer kept."""
        self.rows[f"thing:{key}"], self.asked_at[f"thing:{key}"] = [cells] if cells else [], self.now

    async def shown(self, key: str) -> Rows | None:
        """What a look finds."""
        found = await self.near.look(about(key))
        return None if found.entry is None else found.entry.rows

    def _begun(self, name: str) -> bytes:
        if name not in self.words:
            self._used += 1
            self.words[name] = b"%d" % self._used
        return self.words[name]

    async def _way(self) -> None:
        if self.failure is not None:
            raise self.failure
        for _ in range(0 if self._chance is None else self._chance.randrange(4)):
            await asyncio.sleep(0)


async def filled(*keys: str) -> Shop:
    """A shop with answers that have been looked at once."""
    shop = Shop()
    for key in keys:
        shop.holds(key, key.encode())
        await shop.near.look(about(key))
    shop.looks.clear()
    return shop


async def test_an_answer_is_brought_here_once_and_the_store_then_asked_only_for_generations() -> None:
    shop = await filled("a")
    shop.now += 50

    found = await shop.near.look(about("a"))

    assert found == Found(
        now=1_050,
        generations=b"2 3",
        entry=Entry(rows=[(b"a",)], generations=b"2 3", asked_at=1_000, renewed_at=1_100),
        watched=(b"1",),
    )
    assert (shop.looks, shop.told) == ([], [(LISTS,)])


async def test_those_who_look_at_the_same_time_share_the_question() -> None:
    shop = await filled("a", "b")

    found = await asyncio.gather(*(shop.shown(key) for key in "abab"))

    assert list(found) == [[(b"a",)], [(b"b",)]] * 2
    assert (shop.looks, shop.told) == ([], [(LISTS,)])


async def test_after_a_write_the_store_is_asked_for_the_answer() -> None:
    shop = await filled("a")
    shop.holds("a", b"new")
    await shop.near.forget([LISTS], ["thing:a"])

    shown = await shop.shown("a")

    assert (shown, shop.looks) == ([(b"new",)], ["a"])


async def test_once_a_generation_is_known_to_have_ended_nobody_asks_for_it_twice() -> None:
    shop = await filled("a", "b", "c")
    await shop.near.forget([LISTS], ["thing:a"])

    for key in "abc":
        await shop.shown(key)

    assert (shop.looks, shop.told) == (["a", "b", "c"], [(LISTS,)])


def test_what_is_watched_holds_by_each_call_anew() -> None:
    watch = Watch((LISTS, OTHERS), (b"1", b"2"))
    told: list[dict[str, bytes | None]] = [
        {LISTS: b"1", OTHERS: b"2", "more": b"3"},
        {LISTS: b"1", OTHERS: b"9"},
        {LISTS: b"1", OTHERS: None},
        {LISTS: b"1"},
        {LISTS: b"1", OTHERS: b"2"},
    ]
    rolls = [Roll(now=1, words=words) for words in told]

    assert [(watch.holds(roll), watch.holds(roll), watch.is_over) for roll in rolls] == [
        (True, True, False),
        (False, False, True),
        (False, False, True),
        (False, False, True),
        (True, True, False),
    ]


@pytest.mark.parametrize("lost", [[LISTS], [OTHERS], [LISTS, OTHERS]])
async def test_an_answer_hangs_on_every_table_it_shows_and_on_nothing_that_was_thrown_away(lost: list[str]) -> None:
    shop, question = await filled(), about("a", watched=(LISTS, OTHERS))
    shop.holds("a", b"a")
    for _ in range(2):
        await shop.near.look(question)
    before = len(shop.looks)

    await shop.forget(lost)
    await shop.near.look(question)

    assert (before, len(shop.looks)) == (1, 2)


async def test_where_the_store_cannot_be_asked_nothing_is_given() -> None:
    shop = await filled("a")
    shop.failure = Unavailable()

    with pytest.raises(Unavailable):
        await shop.shown("a")


async def test_what_is_to_be_read_anew_is_looked_for_in_the_store() -> None:
    shop = await filled("a")
    shop.now += 100

    await shop.shown("a")

    assert (shop.looks, shop.told) == (["a"], [(LISTS,)])


async def test_what_was_kept_anew_comes_from_the_store() -> None:
    shop = await filled("a")
    entry = b"9\n1 1050 1150 3\nnew"

    await shop.near.keep(about("a"), entry, generations=b"9", room=ROOM)

    assert (await shop.shown("a"), shop.looks) == ([(b"new",)], ["a"])


async def test_that_there_is_no_such_record_is_not_brought_here() -> None:
    shop = await filled()
    shop.holds("a")

    shown = [await shop.shown("a") for _ in range(2)]

    assert (shown, shop.looks) == ([[], []], ["a", "a"])


async def test_an_answer_whose_tables_cannot_be_watched_is_not_brought_here() -> None:
    shop = await filled()

    class Full(Shop):
        async def look(self, question: Question) -> Found:
            found = await super().look(question)
            return Found(now=found.now, generations=found.generations, entry=found.entry, watched=(None,))

    full = Full()
    full.holds("a", b"a")
    shown = [await full.shown("a") for _ in range(2)]

    assert (shown, full.looks, full.told, shop.looks) == ([[(b"a",)]] * 2, ["a", "a"], [], [])


async def test_what_has_no_room_here_is_in_the_store() -> None:
    shop = Shop(maximum_bytes=2_000)
    for key in "abc":
        shop.holds(key, key.encode())
        await shop.shown(key)

    shown = [await shop.shown(key) for key in "cba"]

    assert shown == [[(b"c",)], [(b"b",)], [(b"a",)]]
    assert shop.looks == ["a", "b", "c", "a"]


@pytest.mark.parametrize("seed", range(40))
async def test_whoever_asks_after_a_write_was_answered_sees_it(seed: int) -> None:
    """Several processes write and read the same few records; each command takes its time on the way."""
    chance = random.Random(seed)  # noqa: S311 - to meet again what failed
    shop = Shop(chance=chance)
    replicas = [shop.near, *(NearAnswers(shop, senses=Senses(observe=lambda _event: None)) for _ in range(2))]
    written, answered = dict.fromkeys("ab", 0), dict.fromkeys("ab", 0)
    for key in "ab":
        shop.holds(key, 0)

    async def write(key: str) -> None:
        written[key] += 1
        version = written[key]
        shop.holds(key, version)  # it is committed, and whoever asks Postgres has it
        await chance.choice(replicas).forget([LISTS], [f"thing:{key}"])
        answered[key] = max(answered[key], version)

    async def read(key: str) -> None:
        at_least, replica = answered[key], chance.choice(replicas)
        near = replica.near(about(key).place) if chance.random() < 0.5 else None
        roll = None if near is None else await replica.called(near)
        if near is not None and isinstance(roll, Roll) and replica.holds(near, roll):
            rows = near.rows
        else:
            entry = (await replica.look(about(key))).entry
            assert entry is not None
            rows = entry.rows
        assert rows[0][0] >= at_least

    async def live() -> None:
        for _ in range(30):
            await (write if chance.random() < 0.2 else read)(chance.choice("ab"))

    await asyncio.gather(*(live() for _ in range(12)))

    assert len(shop.told) > 5


async def test_the_words_of_a_question_take_room_too() -> None:
    shop = Shop(maximum_bytes=20_000)
    shop.holds("a", b"a")
    questions = [replace(about("a"), place=f"{number}{'x' * 4_000}") for number in range(10)]
    for question in questions:
        await shop.near.look(question)
    shop.looks.clear()

    for question in reversed(questions):
        await shop.near.look(question)

    assert len(shop.looks) == 6
