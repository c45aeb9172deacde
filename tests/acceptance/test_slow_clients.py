"""Callers who mean harm by being slow: the service stays there for the others, and about as small."""

import asyncio
from asyncio.subprocess import DEVNULL
from contextlib import AsyncExitStack
from pathlib import Path

import aiohttp
import pytest

from tests.acceptance.admin_port import numbers
from tests.acceptance.service_process import ServiceProcess, service
from tests.environment import require

QUICKSTART = Path(__file__).parents[2] / "examples/quickstart/service.py"
ATTACKERS = 1_000
IDLE = 2_000
KEPT = 200
LEAVING = 1_000
ATTACK_SECONDS = 8
REQUESTS = 500
GROWTH_BYTES_AT_MOST = 60_000_000

ATTACKS = {
    "slow_headers": ["-H", "-r", "500", "-i", "1", "-x", "24"],
    "slow_body": ["-B", "-f", "application/json", "-r", "500", "-i", "1", "-s", "8192", "-x", "10"],
    "slow_read": ["-X", "-r", "200", "-w", "1", "-y", "16", "-n", "1", "-z", "4"],
}
PRODUCTS = 200
LONGEST_LIST = f"/products?limit={PRODUCTS}"
"""60 KB: more than a caller gets who wants to take next to nothing."""


async def everybody_is_answered(running: ServiceProcess) -> None:
    """Ask one request after another over a few connections of their own, all of which must succeed."""
    async with aiohttp.ClientSession(running.base_url) as client:
        for _ in range(REQUESTS):
            async with client.get("/products") as answer:
                assert answer.status == 200
                await answer.read()


async def make_products(running: ServiceProcess) -> None:
    """Make as many as one list may hold."""
    async with aiohttp.ClientSession(running.base_url) as client:
        for number in range(PRODUCTS):
            product = {"sku": f"SLOW-{number}", "name": "chair" * 20, "price": "9.90"}
            async with client.post("/products", json=product) as made:
                assert made.status == 201


@pytest.mark.parametrize("options", ATTACKS.values(), ids=ATTACKS.keys())
async def test_slowness_by_the_thousand_harms_nobody_else(data_dir: Path, options: list[str]) -> None:
    program = require("slowhttptest")
    async with service(QUICKSTART, data_dir) as running:
        await make_products(running)
        await everybody_is_answered(running)
        before = running.resident_bytes
        attack = await asyncio.create_subprocess_exec(
            program, "-c", str(ATTACKERS), "-l", str(ATTACK_SECONDS), *options,
            "-u", f"{running.base_url}{LONGEST_LIST}", stdout=DEVNULL, stderr=DEVNULL,
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


async def test_callers_who_leave_by_the_thousand_open_no_breaker(data_dir: Path) -> None:
    """Whether their connection breaks off or the time they allow is up: neither says anything of Postgres."""
    async with service(QUICKSTART, data_dir) as running:
        address = running.base_url.removeprefix("http://")
        impatient = f"GET /products HTTP/1.1\r\nHost: {address}\r\nRequest-Timeout: 0.001\r\n\r\n".encode()
        patient = f"GET /products HTTP/1.1\r\nHost: {address}\r\n\r\n".encode()
        for number in range(LEAVING):
            reader, writer = await asyncio.open_connection(*address.split(":"))
            writer.write(patient if number % 2 else impatient)
            if number % 2 == 0:
                await reader.readline()
            writer.transport.abort()
        await everybody_is_answered(running)
        async with aiohttp.ClientSession(running.admin_url) as admin:
            closed = await numbers(admin, 'circuit_breaker_state{name="postgres.reads",state="closed"}')

    assert closed == [1.0]


async def test_nothing_of_a_request_or_its_answer_is_kept_for_connections_that_stay_open(data_dir: Path) -> None:
    """Each has sent 500 KB and been sent as much, and then asks no more."""
    async with service(QUICKSTART, data_dir) as running, AsyncExitStack() as held:
        await make_products(running)
        before = running.resident_bytes
        for _ in range(KEPT):
            client = await held.enter_async_context(aiohttp.ClientSession(running.base_url))
            async with client.post("/products", json={"name": "a" * 500_000}) as refused:
                assert refused.status == 422
            async with client.get(LONGEST_LIST) as answer:
                assert len(await answer.read()) > 50_000
            async with client.post("/products", json={"name": "a" * 500_000}) as refused:
                assert refused.status == 422
        growth = running.resident_bytes - before

    assert growth <= GROWTH_BYTES_AT_MOST
