"""What two readers of HTTP could take apart differently is refused by the real process, and its connection closed."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest

from tests.acceptance.service_process import ServiceProcess, service
from tests.acceptance.smuggled_requests import AMBIGUOUS, HIDDEN, REFUSED

QUICKSTART = Path(__file__).parents[2] / "examples/quickstart/service.py"
PATIENCE_SECONDS = 30.0
_STATUS = re.compile(rb"HTTP/1\.[01] ([0-9]{3}) ")
_LENGTH = re.compile(rb"\r\nContent-Length: ([0-9]+)\r\n")


@pytest.fixture(scope="module")
async def running(fast_folder: Path) -> AsyncIterator[ServiceProcess]:
    async with service(QUICKSTART, fast_folder / "smuggle") as running:
        yield running


@asynccontextmanager
async def saying(running: ServiceProcess, data: bytes) -> AsyncIterator[asyncio.StreamReader]:
    reader, writer = await asyncio.open_connection("127.0.0.1", int(running.base_url.rpartition(":")[2]))
    writer.write(data)
    async with asyncio.timeout(PATIENCE_SECONDS):
        yield reader
    writer.close()


async def stored(running: ServiceProcess) -> list[object]:
    async with aiohttp.ClientSession(running.base_url) as client, client.get("/products") as answer:
        items: list[object] = (await answer.json())["items"]
        return items


@pytest.mark.parametrize("data", AMBIGUOUS.values(), ids=AMBIGUOUS)
async def test_an_ambiguous_request_is_one_refusal_and_the_end_of_its_connection(
    running: ServiceProcess, data: bytes
) -> None:
    async with saying(running, data) as reader:
        received = await reader.read()

    assert _STATUS.findall(received) == [b"400"]
    assert await stored(running) == []


@pytest.mark.parametrize("data", REFUSED.values(), ids=REFUSED)
async def test_a_request_nobody_should_make_is_a_problem_or_a_closed_connection(
    running: ServiceProcess, data: bytes
) -> None:
    async with saying(running, data) as reader:
        head = await reader.read(1) and await reader.readuntil(b"\r\n\r\n")
        length = _LENGTH.search(head)
        body = await reader.readexactly(int(length[1])) if length else b""

    assert b"set-cookie" not in head.lower()
    assert not head or 400 <= json.loads(body)["status"] < 500
    assert await stored(running) == []


async def test_a_request_behind_another_is_carried_out_where_nothing_is_ambiguous(data_dir: Path) -> None:
    first = b"GET /products HTTP/1.1\r\nHost: localhost\r\n\r\n"
    async with service(QUICKSTART, data_dir) as running:
        async with saying(running, first + HIDDEN.replace(b"Host", b"Connection: close\r\nHost")) as reader:
            received = await reader.read()
        found = await stored(running)

    assert (_STATUS.findall(received), len(found)) == ([b"200", b"201"], 1)
