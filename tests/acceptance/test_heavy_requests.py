"""Requests made to be expensive: none holds up the event loop, and with it everybody else, for long."""

import gzip
from collections.abc import AsyncIterator
from io import BytesIO
from pathlib import Path

import aiohttp
import pytest

from tests.acceptance.heavy_bodies import MEBIBYTE, heavy_bodies
from tests.acceptance.service_process import ServiceProcess, service

WIDE = Path(__file__).with_name("wide_service.py")
THING = "/things/0197f3f5-6d2c-7c3a-9f4e-2b8f0f3f1c5a"
STALL_SECONDS_AT_MOST = 0.15
"""Promised are 0.05 s. Looked at is the loop's own time on a core, receiving the body included, which other work on the
machine makes longer only by what it takes from the caches."""
TRIES = 3
NANOSECONDS = 1e9


@pytest.fixture
async def running(data_dir: Path) -> AsyncIterator[ServiceProcess]:
    async with service(WIDE, data_dir) as found:
        yield found


def loop_seconds(running: ServiceProcess) -> float:
    """How long the thread of the event loop has had a core (Linux, Documentation/scheduler/sched-stats)."""
    return int(Path(f"/proc/{running.process.pid}/schedstat").read_text().split()[0]) / NANOSECONDS


async def seconds_for(
    client: aiohttp.ClientSession, running: ServiceProcess, body: bytes, *, method: str, path: str
) -> float:
    """What the loop needs to receive, read and answer this."""
    before = loop_seconds(running)
    headers = {"Content-Type": "application/json"}
    async with client.request(method, path, data=BytesIO(body), headers=headers) as answer:
        assert answer.status in (201, 400, 404, 422), (body[:40], answer.status)
    return loop_seconds(running) - before


async def test_no_body_of_a_mebibyte_takes_the_loop_long(running: ServiceProcess) -> None:
    """50 ms at most, whatever is in it."""
    took: dict[str, float] = {}
    async with aiohttp.ClientSession(running.base_url) as client:
        for name, body in heavy_bodies():
            for method, path in (("POST", "/things"), ("PATCH", THING)):
                tries = [await seconds_for(client, running, body, method=method, path=path) for _ in range(TRIES)]
                took[f"{method} {name}"] = min(tries)

    assert {name: seconds for name, seconds in took.items() if seconds > STALL_SECONDS_AT_MOST} == {}


async def test_no_packed_body_long_address_or_heap_of_headers_takes_the_loop_long(running: ServiceProcess) -> None:
    bomb = gzip.compress(b"0" * 200 * MEBIBYTE)
    packed = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
    requests: list[tuple[str, dict[str, str], bytes | None]] = [
        ("/things", packed, bomb),
        ("/things?" + "&".join(f"a{number}=%41" for number in range(700)), {}, None),
        ("/things?name=" + "%41" * 2_600, {}, None),
        ("/things", {f"X-{number}": "v" * 70 for number in range(90)}, None),
    ]
    found: list[tuple[int, bool]] = []
    async with aiohttp.ClientSession(running.base_url) as client:
        for path, headers, body in requests:
            before = loop_seconds(running)
            async with client.request("POST" if body else "GET", path, data=body, headers=headers) as answer:
                found.append((answer.status, loop_seconds(running) - before <= STALL_SECONDS_AT_MOST))

    assert found == [(415, True), (400, True), (400, True), (200, True)]
