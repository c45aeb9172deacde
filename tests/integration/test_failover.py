"""A primary goes away and its standby takes its place: what was acknowledged is there, once, and writes go on."""

import asyncio
import itertools
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from middleware.errors import OutcomeUnknown, Problem
from storage.postgres.pool import Pool
from storage.postgres.primary import NoPrimary
from storage.postgres.statement import statement
from telemetry.events import BreakerChanged, ConnectionDropped
from tests.integration.open_pool import open_pool
from tests.integration.replicated_postgres import Node, Pair, replicated_postgres
from tests.recorder import Recorder

WRITERS = 6
PAUSE_SECONDS = 0.002
"""Between a refusal and the next call: callers who come back soon."""

GENEROUS_SECONDS = 3.0
"""The pool is back 0.3 s after a promotion; a busy machine takes its time."""

INSERT = statement("INSERT INTO written VALUES ($1) RETURNING id", types={"id": "integer"}, writes=True)


@pytest.fixture
async def pair(data_dir: Path) -> AsyncIterator[Pair]:
    """Two servers with a table to write to."""
    async with replicated_postgres(data_dir) as made:
        made.first.ask("CREATE TABLE written (id integer)")
        yield made


@dataclass(slots=True)
class Writing:
    """Writes numbers from many callers at once until told to stop, and remembers how each write ended, and when."""

    pool: Pool
    acknowledged: dict[int, float] = field(default_factory=dict)
    doubtful: set[int] = field(default_factory=set)
    refused: int = 0
    numbers: "itertools.count[int]" = field(default_factory=itertools.count)
    has_ended: bool = False
    progress: asyncio.Event = field(default_factory=asyncio.Event)
    tasks: "list[asyncio.Task[None]]" = field(default_factory=list)

    async def __aenter__(self) -> "Writing":
        """Begin."""
        self.tasks = [asyncio.create_task(self._write()) for _ in range(WRITERS)]
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop, once whatever is under way has ended."""
        self.has_ended = True
        await asyncio.gather(*self.tasks)

    async def until_acknowledged(self, count: int) -> None:
        """Wait for so many more."""
        wanted = len(self.acknowledged) + count
        await self._until(lambda: len(self.acknowledged) >= wanted)

    async def until_refused(self, count: int) -> None:
        """Wait until so many more were refused."""
        wanted = self.refused + count
        await self._until(lambda: self.refused >= wanted)

    def wait_after(self, instant: float) -> float:
        """Seconds from an instant to the next acknowledgement."""
        return min(at for at in self.acknowledged.values() if at >= instant) - instant

    async def _until(self, holds: Callable[[], bool]) -> None:
        while not holds():
            self.progress.clear()
            await self.progress.wait()

    async def _write(self) -> None:
        while not self.has_ended:
            number = next(self.numbers)
            try:
                await self.pool.run(INSERT, (number,), operation="insert")
                self.acknowledged[number] = time.monotonic()
            except OutcomeUnknown:
                self.doubtful.add(number)
            except Problem:
                self.refused += 1
                await asyncio.sleep(PAUSE_SECONDS)
            self.progress.set()


def written_to(node: Node) -> list[int]:
    """The numbers a server has."""
    return [row[0] for row in node.ask("SELECT id FROM written")]


@pytest.mark.parametrize("order", ["primary first", "standby first"])
async def test_a_killed_primary_costs_nothing_that_was_acknowledged(pair: Pair, order: str) -> None:
    hosts = [pair.first, pair.second] if order == "primary first" else [pair.second, pair.first]
    async with open_pool(pair.dsn(*hosts), maximum=10) as pool, Writing(pool) as writing:
        await writing.until_acknowledged(100)

        await pair.first.kill()
        await pair.second.promote()
        promoted = time.monotonic()

        await writing.until_acknowledged(100)
    found = written_to(pair.second)
    assert writing.acknowledged.keys() <= set(found)
    assert len(found) == len(set(found))
    assert set(found) <= writing.acknowledged.keys() | writing.doubtful
    assert writing.wait_after(promoted) < GENEROUS_SECONDS


async def test_a_hung_primary_is_left_for_the_one_that_was_promoted(pair: Pair) -> None:
    events = Recorder()
    async with open_pool(pair.dsn(), events=events, maximum=10) as pool, Writing(pool) as writing:
        await writing.until_acknowledged(100)

        pair.first.freeze()
        await events.wait_for(BreakerChanged, lambda event: event.state == "open")
        await pair.second.promote()
        promoted = time.monotonic()

        await writing.until_acknowledged(100)
    found = written_to(pair.second)
    assert writing.acknowledged.keys() <= set(found)
    assert len(found) == len(set(found))
    assert writing.wait_after(promoted) < GENEROUS_SECONDS
    assert "superseded" in {event.reason for event in events.of(ConnectionDropped)}


async def test_an_old_primary_that_comes_back_is_written_to_no_more(pair: Pair) -> None:
    async with open_pool(pair.dsn()) as pool, Writing(pool) as writing:
        await writing.until_acknowledged(20)
        await pair.first.kill()
        await pair.second.promote()
        await writing.until_acknowledged(20)

        await pair.first.start(synchronous_standby_names="")  # and would take writes without waiting for anybody
        before = written_to(pair.first)
        await pair.second.kill()
        await writing.until_refused(20)
        await pair.second.start()

        await writing.until_acknowledged(20)
    assert written_to(pair.first) == before
    assert writing.acknowledged.keys() <= set(written_to(pair.second))


async def test_a_process_that_starts_writes_to_no_old_primary_that_has_come_back(pair: Pair) -> None:
    await pair.first.kill()
    await pair.second.promote()
    await pair.first.start(synchronous_standby_names="")

    async with open_pool(pair.dsn(pair.first, pair.second)) as pool:
        await pool.run(INSERT, (1,), operation="insert")

    assert (written_to(pair.first), written_to(pair.second)) == ([], [1])


async def test_standbys_alone_are_no_database(pair: Pair) -> None:
    await pair.first.kill()

    with pytest.raises(NoPrimary):
        async with open_pool(pair.dsn()):
            pass
