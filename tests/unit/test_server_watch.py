"""When servers are asked how they are, and for how long their answers are shown."""

import asyncio
from collections.abc import Iterator

from middleware.errors import Unavailable
from server.server_watch import SHOWN_SECONDS, Ask, ServerWatch, State
from telemetry.catalogue.server_rows import REDIS_CLIENTS, SERVER_SAMPLED
from telemetry.readings import Reading


class Answer:
    def __init__(self, clients: int) -> None:
        self.clients = clients

    def readings(self) -> Iterator[Reading]:
        yield Reading(metric=REDIS_CLIENTS, value=self.clients)


class Rounds:
    """A sleep after which the next round begins only when it is told to, and a clock to set."""

    def __init__(self) -> None:
        self.seconds = 1000.0
        self._asleep = asyncio.Event()
        self._go_on = asyncio.Event()

    def now(self) -> float:
        return self.seconds

    async def sleep(self, _seconds: float) -> None:
        self._asleep.set()
        await self._go_on.wait()
        self._go_on.clear()

    async def first(self) -> None:
        await self._asleep.wait()

    async def next(self, *, at_seconds: float) -> None:
        self.seconds = at_seconds
        self._asleep.clear()
        self._go_on.set()
        await self._asleep.wait()


def scripted(*answers: State | Exception) -> Ask:
    left = iter(answers)

    async def ask() -> State:
        answer = next(left)
        if isinstance(answer, Exception):
            raise answer
        return answer

    return ask


def shown(watch: ServerWatch) -> list[tuple[str, tuple[str, ...], float]]:
    return [(reading.metric.name, reading.labels, reading.value) for reading in watch.look()]


async def test_what_a_server_tells_is_shown_with_its_time_until_it_is_too_old() -> None:
    rounds = Rounds()
    ask = scripted(Answer(3), Unavailable(), Answer(4))
    watch = ServerWatch({"redis": ask}, sleep=rounds.sleep, now=rounds.now)
    watch.start()
    await rounds.first()
    first = shown(watch)
    rounds.seconds = 1000.0 + SHOWN_SECONDS
    still = shown(watch)
    await rounds.next(at_seconds=1001.0 + SHOWN_SECONDS)
    too_old = shown(watch)
    await rounds.next(at_seconds=2000.0)
    again = shown(watch)
    await watch.stop()

    assert first == still == [(SERVER_SAMPLED.name, ("redis",), 1000.0), (REDIS_CLIENTS.name, (), 3)]
    assert too_old == [(SERVER_SAMPLED.name, ("redis",), 1000.0)]
    assert again == [(SERVER_SAMPLED.name, ("redis",), 2000.0), (REDIS_CLIENTS.name, (), 4)]


async def test_a_server_that_does_not_answer_hides_no_other() -> None:
    rounds = Rounds()
    asks = {"postgres": scripted(Unavailable()), "redis": scripted(Answer(3))}
    watch = ServerWatch(asks, sleep=rounds.sleep, now=rounds.now)
    watch.start()
    await rounds.first()
    seen = shown(watch)
    await watch.stop()

    assert seen == [(SERVER_SAMPLED.name, ("redis",), 1000.0), (REDIS_CLIENTS.name, (), 3)]


async def test_a_watch_that_was_not_started_can_be_stopped_and_shows_nothing() -> None:
    watch = ServerWatch({"redis": scripted()})

    await watch.stop()

    assert shown(watch) == []
