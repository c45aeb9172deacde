"""The real process answers to its own names only, and repeats no other."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from tests.acceptance.service_process import ServiceProcess, service

FILE = Path(__file__).parents[2] / "examples/quickstart/service.py"
PRODUCT = {"sku": "ABC-1", "name": "chair", "price": "9.90"}
EVIL = "evil.example"


@pytest.fixture(scope="module")
async def running(fast_folder: Path) -> AsyncIterator[ServiceProcess]:
    async with service(FILE, fast_folder / "hosts", ALLOWED_HOSTS="api.example.com") as running:
        yield running


@pytest.fixture
async def client(running: ServiceProcess) -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(running.base_url) as client:
        yield client


async def test_a_request_to_another_name_is_a_421_that_says_what_to_do(client: aiohttp.ClientSession) -> None:
    async with client.post("/products", json=PRODUCT, headers={"Host": EVIL}) as answer:
        problem = await answer.json(content_type="application/problem+json")

    assert (answer.status, problem["type"]) == (421, "urn:mainstay:problem:misdirected")
    assert problem["detail"] == (
        "This service does not go by the name this request was sent to."
        " Whoever operates it lists its names in MAINSTAY_ALLOWED_HOSTS."
    )
    async with client.get("/products") as found:
        assert (await found.json())["items"] == []


@pytest.mark.parametrize("path", ["/", "/docs", "/openapi.json", "/products", "/nowhere"])
async def test_nothing_is_read_under_another_name(client: aiohttp.ClientSession, path: str) -> None:
    async with client.get(path, headers={"Host": EVIL}) as answer:
        assert answer.status == 421


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (b"GET /products HTTP/1.0\r\n\r\n", 200),
        (b"GET /products HTTP/1.0\r\nHost: evil.example\r\n\r\n", 421),
        (b"GET /products HTTP/1.1\r\nConnection: close\r\n\r\n", 400),
        (b"GET http://evil.example/products HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", 421),
        (b"GET http://localhost/products HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", 200),
    ],
)
async def test_only_what_came_before_hosts_needs_none(running: ServiceProcess, head: bytes, status: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", int(running.base_url.rpartition(":")[2]))
    writer.write(head)
    received = await reader.read()
    writer.close()

    assert int(received.split(b" ")[1]) == status


async def test_its_own_name_is_answered(client: aiohttp.ClientSession) -> None:
    async with client.get("/products", headers={"Host": "api.example.com"}) as answer:
        assert answer.status == 200


async def test_the_admin_port_answers_to_the_same_names(running: ServiceProcess) -> None:
    async with aiohttp.ClientSession(running.admin_url) as client:
        statuses = [
            (
                await client.put("/breakers/postgres.reads", json={"state": "forced_open"}, headers={"Host": EVIL})
            ).status,
            (await client.get("/metrics", headers={"Host": EVIL})).status,
            (await client.get("/metrics", headers={"Host": "api.example.com"})).status,
        ]

    assert statuses == [421, 421, 200]


async def test_links_are_paths_whatever_host_was_asked(client: aiohttp.ClientSession) -> None:
    headers = {"Host": "api.example.com", "X-Forwarded-Host": EVIL, "Forwarded": f"host={EVIL}"}
    answers = []
    for sku in ("ABC-2", "ABC-3"):
        async with client.post("/products", json={**PRODUCT, "sku": sku}, headers=headers) as answer:
            answers.append(answer)
    async with client.get("/products?limit=1", headers=headers) as listed:
        answers.append(listed)
    async with client.get("/openapi.json", headers=headers) as described:
        document = await described.text()

    assert answers[0].headers["Location"].startswith("/products/")
    assert answers[2].headers["Link"].startswith("</products?limit=1&cursor=")
    told = [document, *(str(answer.headers) for answer in answers)]
    assert [text for text in told if EVIL in text or "api.example.com" in text] == []
