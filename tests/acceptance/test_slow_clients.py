"""Callers who mean harm by being slow: the service stays there for the others, as quick and about as small."""

import asyncio
import os
import time
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
SAMPLES = 2_000
GROWTH_BYTES_AT_MOST = 60_000_000
SLACK_SECONDS = 0.05
"""What a busy machine of two cores takes from one request in a hundred, attack or not."""

ATTACKS = {
    "slow_headers": ["-H", "-i", "1", "-x", "24"],
    "slow_body": ["-B", "-i", "1", "-s", "8192", "-x", "10"],
    "slow_reading": ["-X", "-w", "64", "-y", "128", "-n", "1", "-z", "8", "-k", "3"],
}


async def p99_seconds(running: ServiceProcess) -> float:
    """Of requests one after another over a few connections of their own, all of which must succeed."""
    durations = []
    async with aiohttp.ClientSession(running.base_url) as client:
        for _ in range(SAMPLES):
            began = time.perf_counter()
            async with client.get("/products") as answer:
                assert answer.status == 200
                await answer.read()
            durations.append(time.perf_counter() - began)
            await asyncio.sleep(0)
    return sorted(durations)[int(SAMPLES * 0.99)]


def resident_bytes(running: ServiceProcess) -> int:
    pages = int(Path(f"/proc/{running.process.pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


@pytest.mark.parametrize("options", ATTACKS.values(), ids=ATTACKS.keys())
async def test_slowness_by_the_thousand_harms_nobody_else(data_dir: Path, options: list[str]) -> None:
    program = require("slowhttptest")
    async with service(QUICKSTART, data_dir) as running:
        healthy, before = await p99_seconds(running), resident_bytes(running)
        attack = await asyncio.create_subprocess_exec(
            program, "-c", str(ATTACKERS), "-r", str(ATTACKERS // 2), "-l", str(ATTACK_SECONDS), *options,
            "-u", f"{running.base_url}/products", stdout=DEVNULL, stderr=DEVNULL,
        )  # fmt: skip
        attacked = await p99_seconds(running)
        growth = resident_bytes(running) - before
        await attack.wait()

    assert attacked <= 2 * healthy + SLACK_SECONDS
    assert growth <= GROWTH_BYTES_AT_MOST


async def test_idle_connections_by_the_thousand_harm_nobody_else(data_dir: Path) -> None:
    async with service(QUICKSTART, data_dir) as running, AsyncExitStack() as held:
        healthy, before = await p99_seconds(running), resident_bytes(running)
        port = int(running.base_url.rsplit(":", 1)[1])
        for _ in range(IDLE):
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            held.callback(writer.close)
        idle = await p99_seconds(running)
        growth = resident_bytes(running) - before

    assert idle <= 2 * healthy + SLACK_SECONDS
    assert growth <= GROWTH_BYTES_AT_MOST
