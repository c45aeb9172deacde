"""A process's life as its balancer and its probes see it: starting, degraded, draining."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp

from tests.acceptance.service_process import launched, service
from tests.ports import free_port

QUICKSTART = Path(__file__).parents[2] / "examples/quickstart/service.py"
PATIENCE_SECONDS = 20.0


async def probe(session: aiohttp.ClientSession, url: str) -> tuple[int, dict[str, object]]:
    """The status of a probe and its document."""
    async with session.get(url) as answer:
        return answer.status, await answer.json(content_type=None)


@asynccontextmanager
async def silent_server() -> AsyncIterator[int]:
    """The port of a server that takes connections and never says a word."""
    ended = asyncio.Event()

    async def take(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await ended.wait()
        writer.close()

    server = await asyncio.start_server(take, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]
        ended.set()


async def test_a_start_that_waits_for_a_silent_postgres_says_so_on_its_probes(data_dir: Path) -> None:
    admin = f"http://127.0.0.1:{(port := free_port())}"
    async with silent_server() as postgres, aiohttp.ClientSession() as client:
        dsn = f"host=127.0.0.1 port={postgres} user=me dbname=shop"
        process = await launched(
            "serve",
            str(QUICKSTART),
            data_dir=data_dir,
            ADMIN_PORT=str(port),
            POSTGRES_DSN=dsn,
            REDIS_URL="redis://127.0.0.1:1",
        )
        try:
            await _answers(client, admin)
            live = await probe(client, f"{admin}/livez")
            started, startup = await probe(client, f"{admin}/startupz")
            ready, readiness = await probe(client, f"{admin}/readyz")
        finally:
            process.kill()
            await process.wait()

    assert live == (200, {"alive": True})
    assert (started, startup["detail"]) == (
        503,
        "Not started: schema, postgres, redis, identity, statements, listener.",
    )
    assert startup["checks"]["storage"] == {"ok": True}  # type: ignore[index]  # a document
    assert startup["checks"]["schema"]["reason"].startswith("under way for ")  # type: ignore[index]  # as above
    assert startup["checks"]["postgres"] == {"ok": False, "reason": "waits for schema"}  # type: ignore[index]  # as above
    assert (ready, readiness["checks"]["serving"]) == (  # type: ignore[index]  # as above
        503,
        {"ok": False, "reason": "it is starting: schema"},
    )


async def test_a_service_without_redis_is_ready_and_says_what_it_does_without(data_dir: Path) -> None:
    async with (
        service(QUICKSTART, data_dir, REDIS_URL="redis://127.0.0.1:1") as running,
        aiohttp.ClientSession() as client,
    ):
        status, document = await probe(client, f"{running.admin_url}/readyz")

    checks = {"serving": {"ok": True}, "postgres": {"ok": True}}
    expected = [
        {"ready": True, "degraded": ["redis"], "checks": {**checks, "redis": {"ok": False, "reason": reason}}}
        for reason in ("the last call ended with unavailable", "the last call ended with timeout")
    ]
    assert status == 200
    assert document in expected  # a starting process on a busy machine may be late to hear that nobody listens


async def test_readiness_goes_first_and_whoever_comes_until_balancers_have_noticed_is_served(data_dir: Path) -> None:
    async with (
        service(QUICKSTART, data_dir, DRAIN_DELAY_SECONDS="1.5") as running,
        aiohttp.ClientSession() as probing,
        aiohttp.ClientSession(running.base_url) as client,
    ):
        async with client.get("/products") as answer:
            kept = answer.headers.get("Connection")
        running.process.terminate()
        await _stops(probing, running.admin_url)
        async with client.get("/products") as answer:
            last = (answer.status, answer.headers.get("Connection"))
        async with client.get("/products") as answer:
            new = (answer.status, answer.headers.get("Connection"))
        code = await running.process.wait()

    assert (kept, last, new, code) == (None, (200, "close"), (200, "close"), 0)
    said = running.log.read_text()
    assert "quickstart takes requests for 1.5 s more, then finishes what is under way and stops" in said


async def _answers(client: aiohttp.ClientSession, admin: str) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            try:
                await probe(client, f"{admin}/livez")
            except aiohttp.ClientConnectionError:
                await asyncio.sleep(0.05)
            else:
                return


async def _stops(client: aiohttp.ClientSession, admin: str) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while (await probe(client, f"{admin}/readyz"))[0] != 503:  # noqa: ASYNC110 - another process's state
            await asyncio.sleep(0.02)
