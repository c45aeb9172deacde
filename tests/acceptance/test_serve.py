"""`mainstay serve` as a person meets it: starting, stopping, and being told what is wrong."""

import asyncio
import signal
import socket
from pathlib import Path

import aiohttp
import pytest
from psycopg2.extensions import make_dsn

from storage.embedded import Endpoints
from tests.acceptance.service_process import launched, mainstay, service
from tests.integration.processes import until, working_in

QUICKSTART = Path(__file__).parents[2] / "examples/quickstart/service.py"
PRODUCT = {"sku": "ABC-1", "name": "chair", "price": "9.90"}


async def test_a_fresh_folder_serves_the_api_the_docs_and_the_admin_port(data_dir: Path) -> None:
    async with service(QUICKSTART, data_dir) as running, aiohttp.ClientSession() as client:
        statuses = {
            address: (await client.get(address)).status
            for address in (
                f"{running.base_url}/products",
                f"{running.base_url}/docs",
                f"{running.base_url}/openapi.json",
                f"{running.admin_url}/livez",
                f"{running.admin_url}/readyz",
                f"{running.admin_url}/startupz",
                f"{running.admin_url}/metrics",
            )
        }

    assert set(statuses.values()) == {200}
    assert working_in(data_dir) == set()


async def test_a_record_stays_through_a_stop_and_a_kill_of_everything(data_dir: Path) -> None:
    async with service(QUICKSTART, data_dir) as first, aiohttp.ClientSession(first.base_url) as client:
        made = await (await client.post("/products", json=PRODUCT)).json()
    async with service(QUICKSTART, data_dir) as second:
        await second.kill()

    async with service(QUICKSTART, data_dir) as third, aiohttp.ClientSession(third.base_url) as client:
        found = await (await client.get(f"/products/{made['id']}")).json()

    assert found == made


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP], ids=lambda number: number.name)
async def test_a_request_under_way_is_finished_when_the_service_is_told_to_stop(
    data_dir: Path, number: signal.Signals
) -> None:
    async with service(QUICKSTART, data_dir) as running:
        address = running.base_url.removeprefix("http://")
        reader, writer = await asyncio.open_connection(*address.split(":"))
        body = b'{"sku":"ABC-9","name":"table","price":"1.00"}'
        head = f"POST /products HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\n"
        writer.write(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body[:5])
        await writer.drain()
        await _asked(running.admin_url, "http_server_active_requests", 1.0)

        running.process.send_signal(number)
        await _refused(address)
        writer.write(body[5:])
        answer = await reader.readline()
        writer.close()
        code = await running.process.wait()

    assert (answer, code) == (b"HTTP/1.1 201 Created\r\n", 0)


async def test_a_second_signal_does_not_wait_for_requests(data_dir: Path) -> None:
    async with service(QUICKSTART, data_dir) as running:
        address = running.base_url.removeprefix("http://")
        _, writer = await asyncio.open_connection(*address.split(":"))
        writer.write(f"POST /products HTTP/1.1\r\nHost: {address}\r\nContent-Length: 9\r\n".encode())
        writer.write(b"Content-Type: application/json\r\n\r\n")
        await _asked(running.admin_url, "http_server_active_requests", 1.0)
        running.process.terminate()
        await _refused(address)

        running.process.terminate()
        code = await running.process.wait()
        await until(lambda: not working_in(data_dir))
        writer.close()

    assert code == -signal.SIGTERM


async def test_ctrl_c_while_it_starts_leaves_nothing_running(data_dir: Path) -> None:
    process = await launched("serve", str(QUICKSTART), data_dir=data_dir)
    await until(lambda: bool(working_in(data_dir)))

    process.send_signal(signal.SIGINT)
    code = await process.wait()

    assert (code, working_in(data_dir)) == (0, set())


async def test_a_taken_port_is_named_with_the_setting_to_change(data_dir: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        finished = await mainstay("serve", str(QUICKSTART), data_dir=data_dir, PORT=str(port))

    assert finished.code == 1
    assert f"Cannot listen on 127.0.0.1:{port}" in finished.errors
    assert "set MAINSTAY_PORT to a free port" in finished.errors
    assert "Traceback" not in finished.errors


async def test_all_bad_settings_are_named_at_once_before_anything_starts(data_dir: Path) -> None:
    finished = await mainstay(
        "serve",
        str(QUICKSTART),
        data_dir=data_dir,
        PORT="eighty",
        POOL_CONNECTIONS="0",
        LOG_LEVEL="loud",
        ADMIN_PROT="1",
    )

    assert finished.code == 2
    assert [line.split(":")[0].strip() for line in finished.errors.splitlines()] == [
        "These settings cannot be used",
        "MAINSTAY_PORT",
        "MAINSTAY_LOG_LEVEL",
        "MAINSTAY_POOL_CONNECTIONS",
        "MAINSTAY_ADMIN_PROT",
    ]
    assert not data_dir.exists()


async def test_a_setting_there_is_not_is_told_and_nothing_is_stopped_by_it(data_dir: Path) -> None:
    async with service(QUICKSTART, data_dir, PROT="9000") as running:
        await running.stop()

    said = running.log.read_text()
    assert "MAINSTAY_PROT has no effect: there is no such setting; did you mean MAINSTAY_PORT?" in said


async def test_an_upstream_nobody_says_the_place_of_is_named_with_the_bad_settings(
    data_dir: Path, tmp_path: Path
) -> None:
    declared = (
        QUICKSTART.read_text()
        .replace("Unique\n", "Unique, Upstream\n")
        .replace("service = Service(", 'service = Service(upstreams=[Upstream("stock", base_url_env="NO_SUCH_URL")], ')
    )
    (tmp_path / "service.py").write_text(declared)

    finished = await mainstay("serve", str(tmp_path / "service.py"), data_dir=data_dir, PORT="eighty")

    assert (finished.code, finished.errors.splitlines()[2:]) == (
        2,
        ["  NO_SUCH_URL: is not set; write it as https://payments.example.com/v1"],
    )
    assert not data_dir.exists()


async def test_a_second_process_on_the_same_folder_is_told_who_holds_it(data_dir: Path) -> None:
    async with service(QUICKSTART, data_dir) as running:
        finished = await mainstay("serve", str(QUICKSTART), data_dir=data_dir)

        assert finished.code == 1
        assert f"is in use by quickstart, process {running.process.pid}" in finished.errors
        assert "stopped" not in finished.errors


async def test_two_services_on_one_folder_are_told_apart_whether_the_first_runs_or_ran(
    data_dir: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other.py"
    other.write_text(QUICKSTART.read_text().replace('name="quickstart"', 'name="other"'))
    async with service(QUICKSTART, data_dir) as running:
        busy = await mainstay("serve", str(other), data_dir=data_dir)

    used = await mainstay("serve", str(other), data_dir=data_dir)

    own = f"give other a data folder of its own: MAINSTAY_DATA_DIR={data_dir}/other"
    assert (busy.code, used.code) == (1, 1)
    assert f"is in use by quickstart, process {running.process.pid}" in busy.errors
    assert f"Stop it, or {own}" in busy.errors
    assert used.errors.splitlines()[-3:] == [
        f"{data_dir} holds the data of quickstart, and other declares tables of the same name: product.",
        f"If they are two services, {own}",
        "If other is a new name of quickstart, let it take them over: `mainstay migrate FILE` says how.",
    ]
    assert "other stopped" not in busy.errors + used.errors


async def test_given_servers_are_used_once_their_schema_is_migrated(
    data_dir: Path, database: str, embedded: Endpoints
) -> None:
    given = {"POSTGRES_DSN": database, "REDIS_URL": embedded.redis_url}

    before = await mainstay("serve", str(QUICKSTART), data_dir=data_dir, **given)
    async with (
        service(QUICKSTART, data_dir, MIGRATE="safe", **given) as running,
        aiohttp.ClientSession(running.base_url) as client,
    ):
        answer = await client.get("/products")

    assert before.code == 1
    assert "mainstay migrate FILE --apply" in before.errors
    assert answer.status == 200
    assert not data_dir.exists()


async def test_an_unreachable_postgres_is_said_in_a_sentence_without_the_password(data_dir: Path) -> None:
    dsn = make_dsn("", host="127.0.0.1", port=1, user="me", password="hunter2", dbname="x")  # noqa: S106 - a canary

    finished = await mainstay("serve", str(QUICKSTART), data_dir=data_dir, POSTGRES_DSN=str(dsn), REDIS_URL="redis://x")

    assert finished.code == 1
    assert "hunter2" not in finished.errors + finished.output
    assert "Traceback" not in finished.errors


async def test_it_starts_and_serves_while_redis_is_down(data_dir: Path) -> None:
    async with (
        service(QUICKSTART, data_dir, REDIS_URL="redis://127.0.0.1:1") as running,
        aiohttp.ClientSession() as client,
    ):
        answer = await client.get(f"{running.base_url}/products")
        up = await _metric(client, running.admin_url, 'dependency_up{dependency="redis"}')

    assert (answer.status, up) == (200, 0.0)


async def _asked(admin_url: str, name: str, value: float) -> None:
    async with aiohttp.ClientSession() as client, asyncio.timeout(10):
        while await _metric(client, admin_url, name) != value:  # noqa: ASYNC110 - another process's number
            await asyncio.sleep(0.02)


async def _metric(client: aiohttp.ClientSession, admin_url: str, name: str) -> float | None:
    async with client.get(f"{admin_url}/metrics") as answer:
        lines = (await answer.text()).splitlines()
    return next((float(line.rpartition(" ")[2]) for line in lines if line.startswith(name)), None)


async def _refused(address: str) -> None:
    """Wait until nobody listens any more."""
    async with asyncio.timeout(10):
        while True:
            try:
                _, writer = await asyncio.open_connection(*address.split(":"))
            except OSError:
                return
            writer.close()
            await asyncio.sleep(0.02)
