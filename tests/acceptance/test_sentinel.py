"""The primary Valkey is killed, or hangs, under load, and the Sentinels make another one: callers do not notice."""

import asyncio
import time
from pathlib import Path

import pytest

from tests.acceptance.open_loop import OpenLoop, statuses
from tests.acceptance.service_process import service
from tests.acceptance.test_valkey_fails import QUICKSTART
from tests.integration.valkey_group import ValkeyNode, watched_group

pytestmark = pytest.mark.alone

LOAD_SECONDS = 7.0
BACK_SECONDS_AT_MOST = 6.0
"""Promised are 3 s; the rest is for a machine that does other things too."""


@pytest.mark.parametrize("ends", ["killed", "hung"])
async def test_requests_go_on_and_the_one_promoted_is_used(data_dir: Path, *, ends: str) -> None:
    async with (
        watched_group(data_dir / "valkeys") as group,
        service(QUICKSTART, data_dir / "served", REDIS_URL=group.url) as running,
    ):
        load = OpenLoop(base_url=running.base_url, path="/products?limit=5", per_second=100)
        loading = asyncio.create_task(load(LOAD_SECONDS))
        await load.has_asked_for(1.0)
        await group.primary.kill() if ends == "killed" else group.primary.freeze()
        ended_seconds = time.monotonic()
        await until_limits_are_taken_at(group.replica)
        gone_seconds = time.monotonic() - ended_seconds
        seen = await loading

    assert statuses(seen) == {200}
    assert gone_seconds <= BACK_SECONDS_AT_MOST


async def until_limits_are_taken_at(node: ValkeyNode) -> None:
    async with asyncio.timeout(LOAD_SECONDS):
        while "cmdstat_evalsha" not in str(await node.ask("INFO", "commandstats")):  # noqa: ASYNC110 - another process'
            await asyncio.sleep(0.02)
