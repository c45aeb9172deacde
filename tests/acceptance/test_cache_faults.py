"""A real service with cached resources: much asked, and while Postgres or Valkey hangs, dies, is full or read-only."""

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import aiohttp
import pytest
from redis import asyncio as aioredis

from storage.embedded import running_valkey
from tests.acceptance.admin_port import numbers
from tests.acceptance.service_process import ServiceProcess, mainstay, service
from tests.integration.processes import working_in
from tests.source_tree import PROJECT

SERVICE = PROJECT / "tests" / "acceptance" / "cached_service.py"
PATIENCE_SECONDS = 20.0
PROMISED_MILLISECONDS = 5
BUSY_MACHINE = 10
"""A machine that does other things at the same time may take so many times as long as promised."""
NEVER_KEPT = "/kept/things?sort=-name&limit=7"


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """An answer and the seconds it took."""

    status: int
    cache: str
    body: bytes
    seconds: float


@dataclass(frozen=True, slots=True)
class Shop:
    """The running service."""

    session: aiohttp.ClientSession
    data_dir: Path
    admin_url: str

    async def reads(self) -> float:
        """How often Postgres was asked for records or lists."""
        async with aiohttp.ClientSession(self.admin_url) as admin:
            series = 'dependency_call_duration_seconds_count{dependency="postgres",operation="%s"'
            return sum([sum(await numbers(admin, series % operation)) for operation in ("read", "list")])

    async def get(self, path: str) -> Seen:
        return await self.send("GET", path)

    async def send(self, method: str, path: str, json: object = None) -> Seen:
        started = time.monotonic()
        async with self.session.request(method, path, json=json) as answer:
            body = await answer.read()
            seconds = time.monotonic() - started
            return Seen(status=answer.status, cache=answer.headers.get("Cache-Status", ""), body=body, seconds=seconds)

    async def until(self, path: str, fits: Callable[[Seen], bool]) -> list[Seen]:
        """Ask until an answer fits; all there were."""
        seen: list[Seen] = []
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not seen or not fits(seen[-1]):
                seen.append(await self.get(path))
                await asyncio.sleep(0.01)  # callers who ask in a circle would be one long request
        return seen

    def tell(self, program: str, number: signal.Signals) -> None:
        """Send a signal to every process of one of its servers."""
        for pid in working_in(self.data_dir):
            with suppress(FileNotFoundError, ProcessLookupError):  # it has ended with the others
                if Path(f"/proc/{pid}/comm").read_text().startswith(program):
                    os.kill(pid, number)

    async def at_once(self, count: int, *paths: str) -> list[Seen]:
        """So many requests at 100 a second, whatever becomes of those before."""
        asked: list[asyncio.Task[Seen]] = []
        began = time.monotonic()
        while len(asked) < count:
            if time.monotonic() >= began + len(asked) / 100:
                asked.append(asyncio.create_task(self.get(paths[len(asked) % len(paths)])))
            await asyncio.sleep(0.002)
        return await asyncio.gather(*asked)


@asynccontextmanager
async def opened(running: ServiceProcess) -> AsyncIterator[Shop]:
    """The service, with three things in it."""
    timeout = aiohttp.ClientTimeout(total=PATIENCE_SECONDS)
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(running.base_url, timeout=timeout, connector=connector) as session:
        shop = Shop(session, running.data_dir, running.admin_url)
        for name in "abc":
            assert (await shop.send("POST", "/things", {"name": name})).status == 201
        yield shop


@pytest.fixture
async def shop(data_dir: Path) -> AsyncIterator[Shop]:
    async with service(SERVICE, data_dir) as running, opened(running) as made:
        yield made


def stands_in(seen: Seen) -> bool:
    return seen.cache.endswith("detail=stale-if-error")


def is_kept_again(seen: Seen) -> bool:
    return seen.cache.endswith("; stored")


@pytest.mark.parametrize("path", ["/kept/things/1", "/kept/things"])
async def test_a_thousand_callers_who_miss_the_same_at_once_cost_one_statement(shop: Shop, path: str) -> None:
    before = await shop.reads()

    seen = await asyncio.gather(*(shop.get(path) for _ in range(1_000)))

    assert {one.status for one in seen} <= {200, 503}  # a busy machine refuses a few
    assert len({one.body for one in seen if one.status == 200}) == 1
    assert await shop.reads() == before + 1


async def test_while_postgres_hangs_cached_reads_go_on_quickly_and_say_that_they_are_stale(shop: Shop) -> None:
    for path in ("/things/1", "/things", "/kept/things/1"):
        await shop.get(path)
    shop.tell("postgres", signal.SIGSTOP)
    try:
        hanging = [asyncio.create_task(shop.get("/notes")) for _ in range(4)]
        until_stale = await shop.until("/things/1", stands_in)
        refused = await shop.until("/notes", lambda seen: seen.status == 503 and seen.seconds < 0.1)
        listed = await shop.until("/things", stands_in)
        after = [await shop.get(path) for path in ("/things/1", "/things", "/kept/things/1") for _ in range(20)]
    finally:
        shop.tell("postgres", signal.SIGCONT)
    again = await shop.until("/things/1", is_kept_again)

    assert {seen.status for seen in (*until_stale, *listed, *after, *again)} == {200}
    assert {seen.status for seen in refused} == {503}
    assert {seen.status for seen in await asyncio.gather(*hanging)} <= {200, 503, 504}
    assert {stands_in(seen) for seen in after[:40]} == {True}
    assert {seen.cache.startswith("mainstay; hit; ttl=5") for seen in after[40:]} == {True}
    assert median(seen.seconds for seen in after) <= PROMISED_MILLISECONDS * BUSY_MACHINE / 1_000


async def test_whoever_meets_postgres_hanging_first_does_not_wait_for_it_to_time_out(shop: Shop) -> None:
    await shop.get("/things/1")
    shop.tell("postgres", signal.SIGSTOP)
    try:
        seen = await shop.until("/things/1", stands_in)
    finally:
        shop.tell("postgres", signal.SIGCONT)

    assert max(one.seconds for one in seen) < 3


async def test_a_killed_postgres_is_not_noticed_by_those_who_read_what_is_kept(shop: Shop) -> None:
    for path in ("/things/1", "/things", "/kept/things/1"):
        await shop.get(path)
    shop.tell("postgres", signal.SIGKILL)
    seen = [await shop.get(path) for path in ("/things/1", "/things", "/kept/things/1") for _ in range(10)]
    seen += await shop.until("/things", is_kept_again)

    assert {one.status for one in seen} == {200}


async def test_a_valkey_that_hangs_costs_nobody_an_answer(shop: Shop) -> None:
    paths = ("/things/1", "/kept/things", "/notes", NEVER_KEPT)
    for path in paths:
        await shop.get(path)
    shop.tell("valkey", signal.SIGSTOP)
    try:
        seen = await shop.at_once(300, *paths)
        written = await shop.send("PATCH", "/things/1", {"name": "new"})
        read = await shop.get("/kept/things/1")
    finally:
        shop.tell("valkey", signal.SIGCONT)
    again = await shop.until("/kept/things/1", lambda one: one.cache.startswith("mainstay; hit"))

    assert {one.status for one in (*seen, written, read, *again)} == {200}
    assert b'"new"' in read.body
    assert b'"new"' in again[-1].body
    assert sum(one.seconds > 0.3 for one in seen) <= 3  # one in a hundred
    assert "mainstay; fwd=bypass; detail=unavailable" in {one.cache for one in seen}


async def test_a_killed_valkey_costs_nobody_an_answer(shop: Shop) -> None:
    for path in ("/things/1", "/kept/things"):
        await shop.get(path)
    shop.tell("valkey", signal.SIGKILL)
    seen = await shop.at_once(100, "/things/1", "/kept/things", "/notes")
    seen += await shop.until("/kept/things", lambda one: one.cache.startswith("mainstay; hit"))

    assert {one.status for one in seen} == {200}


@pytest.mark.parametrize("fault", ["full", "read-only"])
async def test_a_valkey_that_takes_no_writes_costs_nobody_an_answer(shop: Shop, fault: str) -> None:
    for path in ("/kept/things/1", "/kept/things"):
        await shop.get(path)
    async with aioredis.from_url(running_valkey(shop.data_dir)) as valkey:
        if fault == "full":
            await valkey.config_set("maxmemory-policy", "noeviction")
            await valkey.config_set("maxmemory", "1")
        else:
            await valkey.replicaof("127.0.0.1", "1")
        seen = await shop.at_once(50, "/kept/things/1", "/kept/things", "/notes", NEVER_KEPT)
        written = await shop.send("PATCH", "/things/1", {"name": "new"})
        read = [await shop.get("/kept/things/1") for _ in range(3)]
        if fault == "full":
            await valkey.config_set("maxmemory", "128mb")
        else:
            await valkey.replicaof("NO", "ONE")
    again = await shop.until("/kept/things/1", lambda one: one.cache.startswith("mainstay; hit"))

    assert {one.status for one in (*seen, written, *read, *again)} == {200}
    assert {b'"new"' in one.body for one in (*read, again[-1])} == {True}


async def test_what_a_load_brings_is_listed_at_once(shop: Shop, tmp_path: Path) -> None:
    await shop.get("/kept/things")
    hit = await shop.get("/kept/things")
    (tmp_path / "thing.ndjson").write_text('{"thing_id": 9, "name": "loaded"}\n')

    finished = await mainstay("load", str(SERVICE), str(tmp_path), data_dir=shop.data_dir)
    read = await shop.get("/kept/things")

    assert (finished.code, hit.cache.startswith("mainstay; hit")) == (0, True)
    assert (read.cache, b'"loaded"' in read.body) == ("mainstay; fwd=stale; stored", True)
