"""Real servers that hang, die and wake, seen through the outbound layers."""

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from middleware.deadlines import DEADLINE
from middleware.errors import Problem
from middleware.outbound.attempt_timeout import CutShort
from middleware.outbound.layer import Senses
from middleware.outbound.layer_policies import BreakerOpen
from middleware.outbound.policy import RedisPolicy
from storage.postgres.pool import Pool
from storage.postgres.statement import statement
from storage.redis.client import RedisClient
from telemetry.events import BreakerChanged
from tests.integration.open_pool import SLEEP, backend_of, open_pool, until_gone, until_running
from tests.integration.processes import status
from tests.recorder import Recorder

ONE = statement("SELECT 1", types={}, writes=False)
NOTES = statement("SELECT count(*) FROM note", types={}, writes=False)
SLOW_WRITE = statement("INSERT INTO note SELECT 'x' FROM pg_sleep(0.3)", types={})
SERVED_AGAIN_WITHIN_SECONDS = 5.0
A_CUT_QUERY_ENDS_WITHIN_SECONDS = 0.5
POLL_SECONDS = 0.01


@pytest.fixture
async def watch(database: str) -> AsyncIterator[Pool]:
    """A pool to look at the others from."""
    async with open_pool(database) as pool:
        await pool.execute("CREATE TABLE note (text text)")
        yield pool


def family_of(backend: int) -> list[int]:
    """The server a backend belongs to and all its processes, the server first: it must start no others."""
    server = status(backend, "PPid")
    pids = [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]
    return [int(server), *(pid for pid in pids if is_child(pid, server))]


def is_child(pid: int, parent: str) -> bool:
    try:
        return status(pid, "PPid") == parent
    except OSError:
        return False


@contextmanager
def stopped(pids: list[int]) -> Iterator[None]:
    """Hold these processes, and let them go on afterwards."""
    try:
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)


async def until_served(call: Callable[[], Awaitable[object]]) -> None:
    """Try until an answer comes."""
    async with asyncio.timeout(SERVED_AGAIN_WITHIN_SECONDS):
        while True:
            try:
                await call()
            except Problem:
                await asyncio.sleep(POLL_SECONDS)
            else:
                return


async def test_a_postgres_that_hangs_is_left_alone_and_used_again_when_it_wakes(
    database: str, events: Recorder
) -> None:
    async with open_pool(database, events=events, maximum=10) as pool:
        await asyncio.gather(*(pool.run(ONE, operation="one") for _ in range(100)))
        with stopped(family_of(await backend_of(pool))):
            hanging = [asyncio.create_task(pool.run(ONE, operation="one")) for _ in range(20)]

            await events.wait_for(BreakerChanged, lambda event: event.state == "open")
            with pytest.raises(BreakerOpen):
                await pool.run(ONE, operation="one")

        results = await asyncio.gather(*hanging, return_exceptions=True)
        await until_served(lambda: pool.run(ONE, operation="one"))

        assert {type(result) for result in results} <= {list, BreakerOpen}
        assert BreakerOpen in {type(result) for result in results}


async def test_a_postgres_that_was_killed_is_used_again_without_anybody_s_help(database: str) -> None:
    async with open_pool(database, maximum=10) as pool:
        os.kill(await backend_of(pool), signal.SIGKILL)  # the server ends every session and recovers

        await until_served(lambda: pool.run(ONE, operation="one"))

        assert await pool.run(ONE, operation="one") == [(1,)]


async def test_nothing_runs_on_after_the_caller_s_deadline(database: str, watch: Pool) -> None:
    async with open_pool(database, query_timeout_seconds=60.0) as pool:

        async def wait_long() -> None:
            DEADLINE.set(time.monotonic() + 0.2)
            await pool.run(SLEEP, (60,), operation="sleep")

        task = asyncio.create_task(wait_long())
        pid = await until_running(watch, "pg_sleep")
        with pytest.raises(CutShort):
            await task

        async with asyncio.timeout(A_CUT_QUERY_ENDS_WITHIN_SECONDS):
            await until_gone(watch, pid)


async def test_a_write_under_way_is_made_though_its_caller_has_left(database: str, watch: Pool) -> None:
    async with open_pool(database) as pool:
        task = asyncio.create_task(pool.run(SLOW_WRITE, operation="write"))
        await until_running(watch, "INSERT INTO note")

        task.cancel()
        await asyncio.wait([task])

        async with asyncio.timeout(SERVED_AGAIN_WITHIN_SECONDS):
            while await watch.run(NOTES, operation="count") != [(1,)]:
                pass
        assert task.cancelled()


async def test_a_redis_that_hangs_is_left_alone_and_used_again_when_it_wakes(redis_url: str, events: Recorder) -> None:
    client = RedisClient(redis_url, policy=RedisPolicy(), senses=Senses(observe=events))
    info = await client.run("INFO", "server")
    assert isinstance(info, bytes)
    pid = next(int(line.split(b":")[1]) for line in info.splitlines() if line.startswith(b"process_id:"))
    with stopped([pid]):
        hanging = [asyncio.create_task(client.ping()) for _ in range(5)]

        await events.wait_for(BreakerChanged, lambda event: event.state == "open")
        with pytest.raises(BreakerOpen):
            await client.ping()

    await asyncio.gather(*hanging, return_exceptions=True)
    await until_served(client.ping)
    await client.close()
