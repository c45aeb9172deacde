"""nginx, configured as shipped, keeps for all what is for all, and nothing else."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from email.utils import parsedate_to_datetime
from pathlib import Path
from uuid import uuid4

import aiohttp
import pytest
from multidict import CIMultiDictProxy
from psycopg2.extensions import make_dsn

from storage.embedded import Endpoints
from tests.acceptance.edge import Asking, edge
from tests.acceptance.service_process import ServiceProcess, mainstay, service
from tests.integration.sql import run_sql
from tests.source_tree import PROJECT

SERVICE = PROJECT / "tests" / "acceptance" / "cached_service.py"
DOCS = PROJECT / "server" / "docs_page"
HIT, ANEW, PAST_IT = "edge; hit", "edge; fwd=request", "edge; fwd=bypass"
BOUND_SECONDS = 1 + 1
"""The max-age of /things, and its stale-while-revalidate."""

BUSY_MACHINE = 10
PATIENCE_SECONDS = 20.0
LOOK_SECONDS = 0.01


@pytest.fixture(scope="module")
async def dsn(embedded: Endpoints, postgres_dsn: str) -> str:
    await run_sql(postgres_dsn, "CREATE DATABASE edge OWNER mainstay")
    return str(make_dsn(embedded.postgres_dsn, dbname="edge"))


@pytest.fixture(scope="module")
async def things(embedded: Endpoints, dsn: str, fast_folder: Path) -> AsyncIterator[ServiceProcess]:
    given = {"POSTGRES_DSN": dsn, "REDIS_URL": embedded.redis_url, "MIGRATE": "safe"}
    async with service(SERVICE, fast_folder / "behind-edge", **given) as running:
        async with aiohttp.ClientSession(running.base_url) as session:
            assert (await session.post("/things", json={"thing_id": 1, "name": "first"})).status == 201
        yield running


@pytest.fixture(scope="module")
async def credential(things: ServiceProcess, dsn: str) -> str:
    made = await mainstay("key", "create", "--subject", "ada", data_dir=things.data_dir, POSTGRES_DSN=dsn)
    return f"Bearer {made.output.strip()}"


@pytest.fixture
async def ask(things: ServiceProcess, fast_folder: Path) -> AsyncIterator[Asking]:
    """Through an edge that keeps nothing yet, of a service with one thing."""
    folder = fast_folder / uuid4().hex[:8]
    folder.mkdir()
    async with (
        edge(folder, things.base_url.removeprefix("http://")) as url,
        aiohttp.ClientSession(url) as session,
    ):
        asking = Asking(session)
        status, _, text = await asking("PUT", "/things/1", {"name": "first"})
        assert status == 200, text
        yield asking


def mark(headers: CIMultiDictProxy[str]) -> str:
    """What the edge says of its part; it comes last."""
    return headers.getall("Cache-Status")[-1]


def name(text: str) -> str:
    return str(json.loads(text)["name"])


async def test_a_public_answer_is_kept_and_says_when_it_was_made(ask: Asking) -> None:
    _, first, made = await ask("GET", "/kept/things/1")
    _, second, kept = await ask("GET", "/kept/things/1")

    assert (mark(first), mark(second), kept) == ("edge; fwd=uri-miss", HIT, made)
    assert second["Date"] == first["Date"]
    assert parsedate_to_datetime(first["Date"]).timestamp() == pytest.approx(time.time(), abs=30)


async def test_a_kept_answer_bears_nothing_of_the_request_that_brought_it(ask: Asking) -> None:
    _, first, _ = await ask("GET", "/kept/things/1", X_Request_ID="mine")
    _, second, _ = await ask("GET", "/kept/things/1", X_Request_ID="yours")

    about_a_request = {"RateLimit", "RateLimit-Policy", "traceparent", "Server-Timing"}
    assert about_a_request - set(first) == set()
    assert about_a_request - set(second) == about_a_request
    assert (first.getall("X-Request-ID"), second.getall("X-Request-ID")) == (["mine"], ["yours"])


async def test_a_write_is_seen_at_once_by_whoever_asks_anew_and_by_all_after_them(ask: Asking) -> None:
    await ask("GET", "/kept/things/1")
    await ask("PUT", "/things/1", {"name": "second"})

    _, kept, old = await ask("GET", "/kept/things/1")
    _, anew, new = await ask("GET", "/kept/things/1", Cache_Control="no-cache")
    _, after, still_new = await ask("GET", "/kept/things/1")

    assert [(mark(kept), name(old)), (mark(anew), name(new)), (mark(after), name(still_new))] == [
        (HIT, "first"),
        (ANEW, "second"),
        (HIT, "second"),
    ]


async def test_a_write_is_seen_by_all_once_the_time_of_what_is_kept_is_over(ask: Asking) -> None:
    await ask("GET", "/things/1")
    await ask("PUT", "/things/1", {"name": "second"})

    written, seen = time.monotonic(), ""
    while seen != "second":
        _, _, text = await ask("GET", "/things/1")
        seen, seen_seconds = name(text), time.monotonic() - written
        await asyncio.sleep(LOOK_SECONDS)

    assert seen_seconds < BUSY_MACHINE * BOUND_SECONDS


async def test_what_is_past_its_time_is_asked_for_by_its_tag(ask: Asking, things: ServiceProcess) -> None:
    unchanged = 'http_response_status_code="304"'
    await ask("GET", "/things/1")

    async with asyncio.timeout(PATIENCE_SECONDS), aiohttp.ClientSession(things.admin_url) as admin:
        while not any("/things/{" in one and unchanged in one for one in await counted(admin)):
            await ask("GET", "/things/1")


async def counted(admin: aiohttp.ClientSession) -> list[str]:
    """The series of requests that have been counted at least once."""
    async with admin.get("/metrics") as answer:
        lines = (await answer.text()).splitlines()
    return [one for one in lines if one.startswith("http_server_request_duration_seconds_count") and one[-2:] != " 0"]


async def test_an_answer_to_somebody_with_credentials_is_neither_kept_nor_given_from_what_is(
    ask: Asking, things: ServiceProcess, credential: str
) -> None:
    shown = [mark((await ask("GET", "/kept/things/1", Authorization=credential))[1]) for _ in range(2)]
    _, first, _ = await ask("GET", "/kept/things/1")
    _, again, _ = await ask("GET", "/kept/things/1", Authorization=credential)
    status, refused, _ = await ask("GET", "/kept/things/1", Authorization="Bearer nonsense")

    assert (shown, mark(first), mark(again)) == ([PAST_IT, PAST_IT], "edge; fwd=uri-miss", PAST_IT)
    assert (status, mark(refused)) == (401, PAST_IT)


async def test_what_may_not_be_kept_is_not(ask: Asking) -> None:
    marks = []
    for path in ("/notes", "/notes", "/kept/things/9", "/kept/things/9"):
        _, headers, _ = await ask("GET", path)
        marks.append(mark(headers))
    for _ in range(2):
        _, headers, _ = await ask("GET", "/kept/things/1", Cache_Control="no-store")
        marks.append(mark(headers))

    assert marks == ["edge; fwd=uri-miss"] * 4 + [PAST_IT] * 2


async def test_answers_that_differ_by_what_is_asked_for_are_kept_apart(ask: Asking) -> None:
    path = "/kept/things?limit=1"
    _, counted_, with_total = await ask("GET", path, Prefer="count=exact")
    _, plain, without = await ask("GET", path)

    assert (mark(counted_), mark(plain)) == ("edge; fwd=uri-miss", "edge; fwd=uri-miss")
    assert ("total" in json.loads(with_total), "total" in json.loads(without)) == (True, False)


async def test_a_condition_of_a_write_reaches_the_service(ask: Asking) -> None:
    _, headers, _ = await ask("GET", "/things/1", Cache_Control="no-cache")
    await ask("PUT", "/things/1", {"name": "second"})

    status, _, _ = await ask("PUT", "/things/1", {"name": "third"}, If_Match=headers["ETag"])

    assert status == 412


async def test_the_files_of_the_docs_page_come_from_the_disk_as_the_service_would_give_them(
    ask: Asking, things: ServiceProcess
) -> None:
    status, headers, text = await ask("GET", "/docs/docs.js")
    async with aiohttp.ClientSession(things.base_url) as session, session.get("/docs/docs.js") as answer:
        of_the_service = answer.headers

    assert (status, text) == (200, (DOCS / "docs.js").read_text())
    assert "Cache-Status" not in headers
    same = ("Content-Type", "Cache-Control", "X-Content-Type-Options", "Referrer-Policy", "X-Frame-Options")
    for header in (*same, "Content-Security-Policy", "Cross-Origin-Resource-Policy"):
        assert headers[header] == of_the_service[header]
