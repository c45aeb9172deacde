"""HAProxy, configured as shipped, in front of three replicas of the shop that are replaced, killed and paused."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from http import HTTPStatus
from pathlib import Path

import aiohttp
import pytest
from psycopg2.extensions import make_dsn

from storage.embedded import Endpoints
from tests.acceptance.balancer import Balancer, balancer, share
from tests.acceptance.fleet import NAMES, Fleet, fleet
from tests.acceptance.mixed_callers import Call, Kind, Mix, MixedCallers, failures
from tests.integration.processes import until
from tests.integration.sql import run_sql

UNWEIGHED = {"SHOP_AGENT_PORT": "1"}
"""Nobody answers there: the replicas' weights stay as they are, however busy this machine is."""

HARDLY_LOADED = 75
OUT_SECONDS = 2.0
"""What haproxy.cfg promises of a replica that is lost."""


@pytest.fixture(scope="module")
async def shops(embedded: Endpoints, postgres_dsn: str, fast_folder: Path) -> AsyncIterator[Fleet]:
    await run_sql(postgres_dsn, "CREATE DATABASE fleet OWNER mainstay")
    dsn = str(make_dsn(embedded.postgres_dsn, dbname="fleet"))
    folder = fast_folder / "fleet"
    folder.mkdir()
    async with fleet(folder, POSTGRES_DSN=dsn, REDIS_URL=embedded.redis_url) as running:
        yield running


@pytest.fixture
async def haproxy(shops: Fleet, fast_folder: Path) -> AsyncIterator[Balancer]:
    async with balancer(fast_folder, shops.variables) as running:
        yield running


def failed(calls: Sequence[Call]) -> Counter[tuple[Kind, int, str]]:
    """What went wrong, but for what is said on a machine that has no time for the replicas or for their callers."""
    return Counter({told: count for told, count in failures(calls).items() if not _is_starved(*told)})


def _is_starved(_: Kind, status: int, problem: str) -> bool:
    return status == HTTPStatus.REQUEST_TIMEOUT or problem == "overloaded"


async def test_replacing_every_replica_in_turn_fails_no_request(shops: Fleet, haproxy: Balancer) -> None:
    callers = MixedCallers(base_url=haproxy.base_url, mix=Mix(bare_writes=0.1))
    calling = asyncio.create_task(callers())
    await callers.have_asked(100)

    for name, replica in shops.replicas.items():
        await replica.restart()
        await haproxy.until(lambda found, name=name: found[name].is_up)  # type: ignore[misc]  # a lambda's default
    callers.is_over.set()

    assert failed(await calling) == Counter()


async def test_a_killed_replica_costs_only_who_had_a_request_there_that_cannot_be_repeated(
    shops: Fleet, haproxy: Balancer
) -> None:
    callers = MixedCallers(base_url=haproxy.base_url, mix=Mix(bare_writes=0.25))
    calling = asyncio.create_task(callers())
    await callers.have_asked(100)
    killed = shops.replicas["shop-2"]

    began = time.monotonic()
    await killed.kill()
    await haproxy.until(lambda found: not found["shop-2"].is_up)
    out_seconds = time.monotonic() - began
    await killed.start()
    await haproxy.until(lambda found: found["shop-2"].is_up)
    callers.is_over.set()

    assert out_seconds < OUT_SECONDS
    assert failed([call for call in await calling if not call.is_lost_with(began)]) == Counter()


async def test_a_replica_whose_machine_is_starved_says_so_and_gets_less(shops: Fleet, fast_folder: Path) -> None:
    async with balancer(fast_folder, {**shops.variables, "BALANCER_STRATEGY": "roundrobin"}) as haproxy:
        async with shops.replicas["shop-1"].starved():
            await haproxy.until(
                lambda found: found["shop-1"].weight * 2 < min(found[name].weight for name in NAMES[1:])
            )
            before = await haproxy.standings()
            await ask(haproxy, 60)
            after = await haproxy.standings()
        await haproxy.until(lambda found: found["shop-1"].weight > HARDLY_LOADED)

    served = {name: after[name].served - before[name].served for name in NAMES}
    assert served["shop-1"] < min(served[name] for name in NAMES[1:])


async def ask(haproxy: Balancer, times: int, *, address: str = "127.0.0.1") -> None:
    """Ask so often from that address, one request after the other."""
    connector = aiohttp.TCPConnector(local_addr=(address, 0))
    async with aiohttp.ClientSession(haproxy.base_url, connector=connector) as session:
        for _ in range(times):
            async with session.get("/") as answer:
                assert answer.status == 200


async def test_roundrobin_sends_each_replica_as_much(shops: Fleet, fast_folder: Path) -> None:
    async with balancer(fast_folder, {**shops.variables, **UNWEIGHED, "BALANCER_STRATEGY": "roundrobin"}) as haproxy:
        await ask(haproxy, 60)

        assert share(await haproxy.sent(60)) == dict.fromkeys(NAMES, 20)


async def test_leastconn_sends_next_to_nothing_to_a_replica_that_stands_still(shops: Fleet, fast_folder: Path) -> None:
    callers, times = 6, 20
    async with balancer(fast_folder, {**shops.variables, **UNWEIGHED, "BALANCER_STRATEGY": "leastconn"}) as haproxy:
        with shops.replicas["shop-1"].paused():
            asking = [asyncio.create_task(ask(haproxy, times)) for _ in range(callers)]
            # In turn, all six would soon wait for the third that stands still.
            await until(lambda: sum(task.done() for task in asking) >= callers // 2)
        await asyncio.gather(*asking)

        assert share(await haproxy.sent(callers * times))["shop-1"] < callers * times / 6


async def test_source_sends_a_caller_to_the_same_replica_and_moves_only_those_of_one_that_goes(
    shops: Fleet, fast_folder: Path
) -> None:
    addresses = [f"127.0.1.{number}" for number in range(1, 31)]
    async with balancer(fast_folder, {**shops.variables, **UNWEIGHED, "BALANCER_STRATEGY": "source"}) as haproxy:
        for address in addresses:
            await ask(haproxy, 2, address=address)
        before = await haproxy.sent(2 * len(addresses))
        assert await haproxy.tell("set server replicas/shop-3 state drain") == ""
        for address in addresses:
            await ask(haproxy, 1, address=address)
        after = dict((await haproxy.sent(3 * len(addresses)))[len(before) :])

    homes = dict(before)
    assert len(set(before)) == len(addresses)
    assert set(homes.values()) == set(NAMES)
    assert set(after.values()) == {"shop-1", "shop-2"}
    assert {home for address, home in homes.items() if after[address] != home} == {"shop-3"}
