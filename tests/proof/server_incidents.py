"""Incidents of the servers behind a shop that no alert is for: callers notice nothing, and the dashboards show them.

Each server is asked how it is every quarter of a minute, so they hold for a while.
"""

import asyncio
from asyncio.subprocess import DEVNULL
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, closing

import psycopg2
from redis import asyncio as aioredis

from storage.embedded import running_postgres, running_valkey
from storage.embedded.binaries import find_valkey
from tests.ports import free_port
from tests.proof.fault import Fault
from tests.proof.findings import until_found
from tests.proof.shops import Shop

_OTHERS = 30
_VALUES, _VALUE_BYTES = 160, 2**20
"""More than the 128 MiB that the embedded Valkey may use."""

_QUESTIONS = 16_000
"""In vain, and ten times what the shop asks in a quarter of a minute."""

_FULL_BYTES = 100e6
_UNTOLD_SECONDS = 36.0
"""More than twice as long as it takes at most until a server tells of itself again."""


def redis_incidents() -> Sequence[Fault]:
    """Those that hold beside the patient faults."""
    return [
        Fault(
            name="others fill Redis, and its replica is lost",
            make=_filled,
            alerts=frozenset(),
            boards=frozenset({"redis"}),
        )
    ]


def unseen_incidents() -> Sequence[Fault]:
    """Those that hold beside the faults of a process."""
    return [
        Fault(
            name="the servers may not be asked any more how they are",
            make=_forbidden,
            alerts=frozenset(),
            boards=frozenset({"postgres", "redis"}),
        ),
    ]


@asynccontextmanager
async def followed(shop: Shop) -> AsyncIterator[None]:
    """Have a replica follow the Valkey of a shop, until it is lost or this is left."""
    port, folder = free_port(), shop.data_dir / "follower"
    folder.mkdir()
    async with aioredis.from_url(running_valkey(shop.data_dir)) as valkey:
        for name, value in (("bind", "127.0.0.1"), ("port", port), ("repl-diskless-sync-delay", 0)):
            await valkey.config_set(name, value)
        options = ("--bind", "127.0.0.1", "--port", f"{free_port()}", "--save", "", "--replicaof", f"127.0.0.1 {port}")
        shop.follower = await asyncio.create_subprocess_exec(find_valkey(), *options, cwd=folder, stdout=DEVNULL)
        try:
            while not (await valkey.info("replication"))["connected_slaves"]:
                assert shop.follower.returncode is None
                await asyncio.sleep(0.05)
            yield
        finally:
            await _lose(shop)


async def _lose(shop: Shop) -> None:
    """Its replica, by kill -9, where that is still there."""
    if shop.follower is not None and shop.follower.returncode is None:
        shop.follower.kill()
        await shop.follower.wait()


@asynccontextmanager
async def _filled(shop: Shop) -> AsyncIterator[None]:
    """By values that nobody reads, over connections that nobody closes, while it is asked for what it does not have."""
    await _lose(shop)
    names = [f"others:{number}" for number in range(_VALUES)]
    async with aioredis.from_url(running_valkey(shop.data_dir)) as valkey, AsyncExitStack() as held:
        for _ in range(_OTHERS):
            await (await held.enter_async_context(valkey.client())).ping()
        for name in names:
            await valkey.set(name, bytes(_VALUE_BYTES))
        for _ in range(_QUESTIONS // len(names)):
            await valkey.mget(f"{name}:none" for name in names)
        job = f'{{job="{shop.job}"}}'
        await until_found(shop.prometheus, f"max(redis_memory_used_bytes{job}) > {_FULL_BYTES:.0f}")
        try:
            yield
        finally:
            await valkey.unlink(*names)


@asynccontextmanager
async def _forbidden(shop: Shop) -> AsyncIterator[None]:
    """As by somebody who takes from a role what it does not seem to need, until nothing has been told for long."""
    told = f'dependency_last_sample_timestamp_seconds{{job="{shop.job}"}}'
    with closing(psycopg2.connect(running_postgres(shop.data_dir), user="postgres")) as connection:
        connection.autocommit = True
        async with aioredis.from_url(running_valkey(shop.data_dir)) as valkey:
            connection.cursor().execute("REVOKE SELECT ON pg_stat_database FROM PUBLIC")
            await valkey.acl_setuser("default", enabled=True, nopass=True, commands=["-info"])
            try:
                await until_found(shop.prometheus, f"time() - max({told}) > {_UNTOLD_SECONDS}")
                yield
            finally:
                connection.cursor().execute("GRANT SELECT ON pg_stat_database TO PUBLIC")
                await valkey.acl_setuser("default", enabled=True, nopass=True, commands=["+info"])
