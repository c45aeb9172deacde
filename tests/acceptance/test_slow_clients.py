"""Callers who mean harm by being slow: the service stays there for the others, and about as small."""

import asyncio
from asyncio.subprocess import DEVNULL
from contextlib import AsyncExitStack
from pathlib import Path

import aiohttp
import pytest

from tests.acceptance.service_process import ServiceProcess, service
from tests.environment import require

QUICKSTART = Path(__file__).parents[2] / "examples/quickstart/service.py"
ATTACKERS = 1_000
IDLE = 2_000
ATTACK_SECONDS = 8
REQUESTS = 500
GROWTH_BYTES_AT_MOST = 60_000_000

ATTACKS = {
    "slow_headers": ["-H", "-i", "1", "-x", "24"],
    "slow_body": ["-B", "-i", "1", "-s", "8192", "-x", "10"],
}


async def everybody_is_answered(running: ServiceProcess) -> None:
    """Ask one request after another over a few connections of their own, all of which must succeed."""
    async with aiohttp.ClientSession(running.base_url) as client:
        for _ in range(REQUESTS):
            async with client.get("/products") as answer:
                assert answer.status == 200
                await answer.read()


@pytest.mark.parametrize("options", ATTACKS.values(), ids=ATTACKS.keys())
async def test_slowness_by_the_thousand_harms_nobody_else(data_dir: Path, options: list[str]) -> None:
    program = require("slowhttptest")
    async with service(QUICKSTART, data_dir) as running:
        await everybody_is_answered(running)
        before = running.resident_bytes
        attack = await asyncio.create_subprocess_exec(
            program, "-c", str(ATTACKERS), "-r", str(ATTACKERS // 2), "-l", str(ATTACK_SECONDS), *options,
            "-u", f"{running.base_url}/products", stdout=DEVNULL, stderr=DEVNULL,
        )  # fmt: skip
        await everybody_is_answered(running)
        growth = running.resident_bytes - before
        await attack.wait()

    assert growth <= GROWTH_BYTES_AT_MOST


async def test_idle_connections_by_the_thousand_harm_nobody_else(data_dir: Path) -> None:
    async with service(QUICKSTART, data_dir) as running, AsyncExitStack() as held:
        await everybody_is_answered(running)
        before = running.resident_bytes
        port = int(running.base_url.rsplit(":", 1)[1])
        for _ in range(IDLE):
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            held.callback(writer.close)
        await everybody_is_answered(running)
        growth = running.resident_bytes - before

    assert growth <= GROWTH_BYTES_AT_MOST
