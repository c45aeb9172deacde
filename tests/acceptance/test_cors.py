"""What pages of other sites may do with the real process, by its headers and in a real browser."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from middleware.inbound.cors import EXPOSED_HEADERS, METHODS, SENT_HEADERS
from tests.acceptance.browser import Page, open_page
from tests.acceptance.service_process import ServiceProcess, service

FILE = Path(__file__).with_name("open_to_pages.py")
APP, FOREIGN = "https://app.example.com", "https://evil.example"
EXPOSED = ", ".join((*EXPOSED_HEADERS, "X-Price"))
ADMITTED = {"Access-Control-Allow-Origin": APP, "Access-Control-Expose-Headers": EXPOSED, "Vary": "Origin"}
NOT_ADMITTED = {"Vary": "Origin"}


@pytest.fixture(scope="module")
async def running(fast_folder: Path) -> AsyncIterator[ServiceProcess]:
    async with service(FILE, fast_folder / "cors") as running:
        yield running


@pytest.fixture
async def client(running: ServiceProcess) -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(running.base_url) as client:
        yield client


def told(answer: aiohttp.ClientResponse) -> dict[str, str]:
    """What an answer says to browsers of other sites."""
    return {
        name: value
        for name, value in answer.headers.items()
        if name.startswith("Access-Control-") or name in {"Vary", "Set-Cookie"}
    }


async def preflight(client: aiohttp.ClientSession, path: str, origin: str) -> aiohttp.ClientResponse:
    headers = {"Origin": origin, "Access-Control-Request-Method": "PATCH", "Access-Control-Request-Headers": "if-match"}
    async with client.options(path, headers=headers) as answer:
        return answer


@pytest.mark.parametrize("origin", [APP, "https://pr-12.preview.example.com", "http://127.0.0.1:5173"])
async def test_a_preflight_from_an_admitted_origin_is_told_all_it_may(
    client: aiohttp.ClientSession, origin: str
) -> None:
    answer = await preflight(client, "/notes/1", origin)

    assert (answer.status, told(answer)) == (
        204,
        {
            "Access-Control-Allow-Origin": origin,
            "Access-Control-Expose-Headers": EXPOSED,
            "Access-Control-Allow-Methods": METHODS,
            "Access-Control-Allow-Headers": ", ".join((*SENT_HEADERS, "X-Page")),
            "Access-Control-Max-Age": "7200",
            "Vary": "Origin",
        },
    )


@pytest.mark.parametrize(
    "origin",
    [
        FOREIGN,
        "null",
        "http://app.example.com",
        "https://app.example.com.evil.example",
        "https://app.example.com:8443",
        "https://xapp.example.com",
        "https://APP.example.com",
        "https://preview.example.com",
        "https://a.b.preview.example.com",
        "https://evil.example/.preview.example.com",
        "https://evil.example#.preview.example.com",
        "http://127.0.0.1.evil.example:80",
        "http://127x0.0.1:80",
    ],
)
async def test_a_preflight_from_another_is_told_nothing(client: aiohttp.ClientSession, origin: str) -> None:
    answer = await preflight(client, "/notes/1", origin)

    assert (answer.status, told(answer)) == (204, NOT_ADMITTED)


async def test_a_preflight_needs_no_credentials_and_charges_no_limit(client: aiohttp.ClientSession) -> None:
    answers = [await preflight(client, path, APP) for path in ("/own/notes", "/once", "/once", "/once", "/nowhere")]

    assert [answer.status for answer in answers] == [204] * 5
    assert [answer.headers.get("RateLimit") for answer in answers] == [None] * 5


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/hello", 200),
        ("OPTIONS", "/notes", 204),
        ("GET", "/notes/x", 404),
        ("GET", "/nowhere", 404),
        ("GET", "/notes?colour=red", 400),
        ("GET", "/own/notes", 401),
        ("PUT", "/notes", 405),
        ("POST", "/notes", 415),
        ("GET", "/away", 503),
    ],
)
async def test_every_answer_can_be_read_by_admitted_pages_and_by_no_others(
    client: aiohttp.ClientSession, method: str, path: str, status: int
) -> None:
    answers = []
    for headers in ({"Origin": APP}, {"Origin": FOREIGN}, {}):
        async with client.request(method, path, headers=headers) as answer:
            answers.append((answer.status, told(answer)))

    assert answers == [(status, ADMITTED), (status, NOT_ADMITTED), (status, NOT_ADMITTED)]


async def test_a_page_that_asks_too_much_can_read_that_it_did(client: aiohttp.ClientSession) -> None:
    statuses = []
    for _ in range(3):
        async with client.get("/once", headers={"Origin": APP}) as answer:
            statuses.append(answer.status)

    assert (statuses[-1], told(answer), "Retry-After" in answer.headers) == (429, ADMITTED, True)


async def test_an_answer_that_varies_already_varies_by_origin_too(client: aiohttp.ClientSession) -> None:
    async with client.get("/openapi.json", headers={"Origin": APP}) as answer:
        assert answer.headers["Vary"] == "Accept-Encoding, Origin"


@pytest.fixture
async def sites(tmp_path: Path) -> AsyncIterator[dict[str, str]]:
    """Two origins with an empty page each: by the address, which is admitted, and by the name, which is not."""

    async def empty(_request: web.Request) -> web.Response:
        return web.Response(text="<!doctype html><link rel=icon href=data:,>", content_type="text/html")

    app = web.Application()
    app.router.add_get("/", empty)
    async with AsyncExitStack() as held:
        runner = web.AppRunner(app)
        await runner.setup()
        held.push_async_callback(runner.cleanup)
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        port = runner.addresses[0][1]
        yield {"admitted": f"http://127.0.0.1:{port}", "foreign": f"http://localhost:{port}"}


async def fetched(page: Page, url: str, **options: object) -> Any:
    """What a page gets of a request of its own: its status and body, or the name of its error."""
    return await page.evaluate(
        f"fetch({url!r}, {options}).then(async answer => ({{status: answer.status, etag: answer.headers.get('ETag'),"
        " limit: answer.headers.get('RateLimit'), body: await answer.json()}), error => error.name)"
    )


async def test_an_admitted_page_reads_and_writes_in_a_browser(
    running: ServiceProcess, sites: dict[str, str], tmp_path: Path
) -> None:
    async with open_page(sites["admitted"], tmp_path) as page:
        made = await fetched(
            page,
            f"{running.base_url}/notes",
            method="POST",
            headers={"Content-Type": "application/json", "X-Page": "1"},
            body='{"text": "from a page"}',
        )
        refused = await fetched(page, f"{running.base_url}/away")
        unknown = await fetched(page, f"{running.base_url}/own/notes", headers={"Authorization": "Bearer x"})

    assert (made["status"], made["body"]["text"], made["etag"] is not None) == (201, "from a page", True)
    assert (refused["status"], refused["body"]["type"]) == (503, "urn:mainstay:problem:unavailable")
    assert (unknown["status"], unknown["body"]["type"]) == (401, "urn:mainstay:problem:unauthenticated")


async def test_a_foreign_page_reads_nothing_and_writes_nothing_in_a_browser(
    running: ServiceProcess, client: aiohttp.ClientSession, sites: dict[str, str], tmp_path: Path
) -> None:
    async with client.get("/notes", headers={"Prefer": "count=exact"}) as answer:
        before = (await answer.json())["total"]
    body = '{"text": "from a foreign page"}'
    typed = {"Content-Type": "application/json"}
    async with open_page(sites["foreign"], tmp_path) as page:
        got = [
            await fetched(page, f"{running.base_url}/notes"),
            await fetched(page, f"{running.base_url}/notes", method="POST", headers=typed, body=body),
            await fetched(page, f"{running.base_url}/notes", method="POST", body=body),
            await fetched(page, f"{running.base_url}/notes", method="POST", mode="no-cors", body=body),
            await fetched(page, f"{running.base_url}/notes", credentials="include"),
        ]
    async with client.get("/notes", headers={"Prefer": "count=exact"}) as answer:
        after = (await answer.json())["total"]

    assert set(map(str, got)) <= {"TypeError", "SyntaxError"}
    assert after == before
