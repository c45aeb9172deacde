"""Redis hangs or dies under load: callers do not notice."""

import asyncio
from pathlib import Path

import pytest

from tests.acceptance.admin_port import watched
from tests.acceptance.faulty_servers import held, kill, processes_of
from tests.acceptance.open_loop import OpenLoop, quantile_seconds, statuses
from tests.acceptance.service_process import service

pytestmark = pytest.mark.alone

QUICKSTART = Path(__file__).parents[2] / "examples/quickstart/service.py"
HANG_SECONDS = 6.0
LOAD_SECONDS = 8.0
ACTIVE_AT_MOST = 50
WAIT_SECONDS_AT_MOST = 1.0
"""Promised are 0.3 s at the 99th percentile, of which 0.2 are the wait for the first reply that does not come; the rest
is for a machine that does other things too."""


async def test_a_valkey_that_hangs_for_six_seconds_is_not_noticed(data_dir: Path) -> None:
    """All answers are 200, 99 of 100 within 0.3 s, and never more than 50 requests are under way."""
    async with service(QUICKSTART, data_dir) as running, watched(running.admin_url, "http_server_active") as active:
        load = OpenLoop(base_url=running.base_url, path="/products?limit=5", per_second=100)
        loading = asyncio.create_task(load(LOAD_SECONDS))
        await load.has_asked_for(1.0)
        with held(processes_of("valkey-server", data_dir)):
            await load.has_asked_for(1.0 + HANG_SECONDS)
        seen = await loading

    assert statuses(seen) == {200}
    assert quantile_seconds(seen, 0.99) <= WAIT_SECONDS_AT_MOST
    assert max(active) <= ACTIVE_AT_MOST


async def test_a_valkey_that_is_killed_under_load_is_not_noticed(data_dir: Path) -> None:
    async with service(QUICKSTART, data_dir) as running:
        load = OpenLoop(base_url=running.base_url, path="/products?limit=5", per_second=100)
        loading = asyncio.create_task(load(4.0))
        for seconds in (1.0, 2.0, 3.0):
            await load.has_asked_for(seconds)
            kill(processes_of("valkey-server", data_dir))
        seen = await loading

    assert statuses(seen) == {200}
