"""How workers begin and end: all together, in order or at once, and never without their supervisor."""

import asyncio
import signal
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from storage.embedded import Endpoints
from tests.acceptance.crew import PATIENCE_SECONDS, WORKED, Crew, crewed, is_running
from tests.acceptance.service_process import launched, mainstay, service
from tests.integration.processes import until, working_in


@pytest.fixture
async def crew(data_dir: Path, tmp_path: Path, database: str, embedded: Endpoints) -> AsyncIterator[Crew]:
    async with crewed(data_dir, tmp_path, POSTGRES_DSN=database, REDIS_URL=embedded.redis_url) as crew:
        yield crew


async def test_a_stop_answers_what_is_under_way_and_closes_what_is_idle(crew: Crew) -> None:
    address = crew.running.base_url.removeprefix("http://").split(":")
    idle, idle_writer = await asyncio.open_connection(*address)
    async with aiohttp.ClientSession(crew.running.base_url) as client:
        slow = asyncio.create_task(client.get("/answers/1500"))
        await crew.is_asked()
        stopping = asyncio.create_task(crew.running.stop())
        closed = await idle.read()
        answered_first = slow.done()
        answer = await slow
        code = await stopping
    idle_writer.close()

    assert (closed, answered_first) == (b"", False)
    assert (answer.status, answer.headers.get("Connection"), code) == (200, "close", 0)


async def test_a_second_signal_ends_all_workers_at_once(crew: Crew) -> None:
    before = crew.workers
    async with aiohttp.ClientSession(crew.running.base_url) as client:
        slow = asyncio.create_task(client.get("/answers/8000"))
        await crew.is_asked()
        crew.running.process.terminate()
        await until(lambda: bool(crew.log("drain_began")))
        crew.running.process.terminate()
        code = await crew.running.process.wait()
        with pytest.raises(aiohttp.ClientError):
            await slow

    assert code == -signal.SIGTERM
    await until(lambda: not any(is_running(pid) for pid in before))


async def test_a_stop_while_workers_are_replaced_waits_for_those_that_still_answer_too(crew: Crew) -> None:
    before = crew.workers
    async with aiohttp.ClientSession(crew.running.base_url) as client:
        slow = [asyncio.create_task(client.get("/answers/5000")) for _ in range(8)]
        await crew.is_asked()
        crew.running.process.send_signal(signal.SIGHUP)
        await until(lambda: len(crew.log("worker_started")) > len(before), within_seconds=PATIENCE_SECONDS)
        code = await crew.running.stop()
        left = [pid for pid in before if is_running(pid)]
        answers = await asyncio.gather(*slow)

    assert (code, left, {answer.status for answer in answers}) == (0, [], {200})


async def test_workers_whose_supervisor_is_killed_finish_and_end(crew: Crew) -> None:
    before = crew.workers
    async with aiohttp.ClientSession(crew.running.base_url) as client:
        slow = asyncio.create_task(client.get("/answers/1000"))
        await crew.is_asked()
        crew.running.process.kill()
        answer = await slow
        code = await crew.running.process.wait()

    assert (answer.status, code) == (200, -signal.SIGKILL)
    await until(lambda: not any(is_running(pid) for pid in before), within_seconds=PATIENCE_SECONDS)


async def test_embedded_servers_are_started_once_for_all_workers_and_seeded(data_dir: Path) -> None:
    shop = Path(__file__).parents[2] / "examples/quickstart/service.py"
    async with service(shop, data_dir, "--workers", "2") as running:
        programs = running.log.read_text().count('"event":"embedded_started"')
        made = [await post(running.base_url, number) for number in range(6)]

    assert (programs, made) == (2, [201] * 6)
    assert working_in(data_dir) == set()


async def test_a_file_that_cannot_be_served_is_told_once(data_dir: Path, tmp_path: Path) -> None:
    file = tmp_path / "service.py"
    file.write_text(WORKED.read_text().replace("read_limit=None", "raed_limit=None"))

    finished = await mainstay("serve", str(file), "--workers", "2", data_dir=data_dir)

    assert finished.code == 1
    assert finished.errors.count("raed_limit") == 1
    assert "Traceback" not in finished.errors


async def test_a_worker_that_dies_each_time_it_starts_is_given_up(data_dir: Path, tmp_path: Path) -> None:
    file = tmp_path / "service.py"
    file.write_text(f"{WORKED.read_text()}\nos._exit(9)\n")

    finished = await mainstay("serve", str(file), "--workers", "2", data_dir=data_dir, POSTGRES_DSN="host=127.0.0.1")

    assert (finished.code, finished.errors.count('"event":"worker_ended"')) == (1, 2)
    assert finished.errors.endswith("The service cannot be started: it ended with 9 before it answered.\n")


async def test_a_port_that_is_taken_is_named_before_anything_is_started(data_dir: Path) -> None:
    with socket.create_server(("127.0.0.1", 0), reuse_port=True) as taken:  # as workers take it
        port = str(taken.getsockname()[1])
        finished = await mainstay("serve", str(WORKED), "--workers", "2", data_dir=data_dir, PORT=port)

    assert (finished.code, finished.output) == (1, "")
    assert finished.errors == "Cannot listen (Address already in use); set MAINSTAY_PORT to a free port.\n"


async def test_more_workers_than_the_embedded_postgres_has_connections_for_are_refused(data_dir: Path) -> None:
    finished = await mainstay("serve", str(WORKED), data_dir=data_dir, WORKERS="16")

    assert finished.code == 1
    assert finished.errors == (
        "16 workers with 10 connections each are more than the embedded Postgres has room for: "
        "set MAINSTAY_POOL_CONNECTIONS to 4, or give MAINSTAY_POSTGRES_DSN.\n"
    )


async def test_ctrl_c_while_workers_start_leaves_nothing_running(data_dir: Path) -> None:
    process = await launched("serve", str(WORKED), "--workers", "2", data_dir=data_dir)
    await until(lambda: bool(working_in(data_dir)))

    process.send_signal(signal.SIGINT)
    code = await process.wait()

    assert (code, working_in(data_dir)) == (0, set())


async def post(base_url: str, number: int) -> int:
    """Make a product; the status."""
    product = {"sku": f"ABC-{number}", "name": "chair", "price": "9.90"}
    async with aiohttp.ClientSession(base_url) as client, client.post("/products", json=product) as answer:
        return answer.status
