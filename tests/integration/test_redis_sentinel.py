"""A primary, its replica and three Sentinels, as deploy/valkey sets them up: who is primary is found anew."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from middleware.errors import Problem, Unavailable
from storage.redis.client import RedisClient
from tests.integration.redis_uses import EVERYTHING, PATIENCE, uses
from tests.integration.test_redis_client import open_client
from tests.integration.valkey_group import ValkeyNode, Watched, watched_group

BACK_SECONDS_AT_MOST = 10.0
"""Promised are 3 s: of them 0.5 s until the Sentinels call it down, up to 1 s until the breaker lets the next call
through. The rest is for a machine that does other things too."""


@pytest.fixture
async def group(data_dir: Path) -> AsyncIterator[Watched]:
    async with watched_group(data_dir) as watched:
        yield watched


@pytest.fixture(scope="module")
async def calm_group(fast_folder: Path) -> AsyncIterator[Watched]:
    """One whose primary nobody takes away."""
    async with watched_group(fast_folder / "calm-group") as watched:
        yield watched


async def until_answered(client: RedisClient) -> None:
    async with asyncio.timeout(BACK_SECONDS_AT_MOST):
        while True:
            try:
                await client.run("SET", "mainstay:any", "1")
            except Problem:
                await asyncio.sleep(0.02)
            else:
                return


async def role_of(node: ValkeyNode) -> object:
    told = await node.ask("ROLE", user="sentinel")
    assert isinstance(told, list)
    return told[0]


async def test_everything_is_asked_of_the_primary(calm_group: Watched) -> None:
    async with open_client(calm_group.url, **PATIENCE) as client:
        assert await uses(client) == EVERYTHING


async def test_after_the_primary_is_killed_the_one_promoted_is_used(group: Watched) -> None:
    async with open_client(group.url) as client:
        await until_answered(client)
        await group.primary.kill()

        await until_answered(client)

        assert await role_of(group.replica) == "master"


async def test_a_primary_that_hangs_is_replaced_too(group: Watched) -> None:
    async with open_client(group.url) as client:
        await until_answered(client)
        group.primary.freeze()

        await until_answered(client)

        group.primary.thaw()


async def test_a_sentinel_that_hangs_delays_nobody(calm_group: Watched) -> None:
    calm_group.sentinels[0].freeze()

    async with open_client(calm_group.url, **PATIENCE) as client:
        await client.ping()

    calm_group.sentinels[0].thaw()


async def test_a_service_the_sentinels_do_not_know_is_unavailable(calm_group: Watched) -> None:
    async with open_client(calm_group.url.replace("/shop/0", "/shoe/0"), **PATIENCE) as client:
        with pytest.raises(Unavailable):
            await client.ping()
