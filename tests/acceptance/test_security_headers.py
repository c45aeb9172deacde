"""What a browser is told by every answer of the real process, whatever the answer is."""

from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import aiohttp
import pytest

from server.docs_page.docs_routes import CONTENT_SECURITY_POLICY, NO_DEVICES
from tests.acceptance.service_process import ServiceProcess, service

FILE = Path(__file__).with_name("gallery.py")
EVERY_ANSWER = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; base-uri 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "Server": "mainstay",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
PAGE = {
    **EVERY_ANSWER,
    "Cache-Control": "no-cache",
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": NO_DEVICES,
}
ABOUT_ONE_REQUEST = {
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "date",
    "etag",
    "ratelimit",
    "ratelimit-policy",
    "server-timing",
    "traceparent",
    "vary",
    "x-request-id",
}


@pytest.fixture(scope="module")
async def running(fast_folder: Path) -> AsyncIterator[ServiceProcess]:
    async with service(FILE, fast_folder / "headers") as running:
        yield running


@pytest.fixture
async def client(running: ServiceProcess) -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(running.base_url) as client:
        yield client


async def told(client: aiohttp.ClientSession, path: str, method: str = "GET", **headers: str) -> Mapping[str, str]:
    """The headers of an answer that do not speak of this one request."""
    async with client.request(method, path, headers=headers) as answer:
        return {name: value for name, value in answer.headers.items() if name.lower() not in ABOUT_ONE_REQUEST}


async def test_a_list_may_be_kept_but_is_asked_about(client: aiohttp.ClientSession) -> None:
    assert await told(client, "/pictures") == {**EVERY_ANSWER, "Cache-Control": "public, no-cache"}


async def test_a_refusal_is_kept_nowhere(client: aiohttp.ClientSession) -> None:
    assert await told(client, "/nowhere") == EVERY_ANSWER


async def test_an_answer_without_a_body_is_kept_nowhere(client: aiohttp.ClientSession) -> None:
    answer = await told(client, "/pictures", method="OPTIONS")

    assert answer == {**EVERY_ANSWER, "Allow": "GET, POST, HEAD, OPTIONS"}


async def test_the_docs_page_may_use_no_device_and_has_no_opener(client: aiohttp.ClientSession) -> None:
    assert await told(client, "/docs") == PAGE


async def test_bytes_that_are_no_request_are_answered_with_the_same_headers(client: aiohttp.ClientSession) -> None:
    answer = await told(client, f"/pictures?x={'x' * 9_000}")

    assert answer == EVERY_ANSWER


async def test_the_admin_port_says_the_same(running: ServiceProcess) -> None:
    async with aiohttp.ClientSession(running.admin_url) as client:
        assert await told(client, "/livez") == EVERY_ANSWER


async def test_a_cookie_changes_nothing_and_none_is_set(client: aiohttp.ClientSession) -> None:
    without = await told(client, "/pictures")

    with_one = await told(client, "/pictures", Cookie="session=1; __Host-token=2; role=admin")

    assert with_one == without
    assert "Set-Cookie" not in with_one
