"""Secrets of the real process: read from files, and never in anything it says or shows."""

import re
from contextlib import suppress
from pathlib import Path

import aiohttp
import pytest
from psycopg2.extensions import make_dsn

from storage.embedded import Endpoints
from tests.acceptance.service_process import mainstay, service
from tests.integration.processes import working_in
from tests.integration.refusing_postgres import refusing_postgres

QUICKSTART = Path(__file__).parents[2] / "examples/quickstart/service.py"
CANARY = "hunter2-canary"


async def test_addresses_are_read_from_files_and_a_file_for_everybody_is_a_warning(
    database: str, embedded: Endpoints, data_dir: Path, tmp_path: Path
) -> None:
    dsn, url = tmp_path / "dsn", tmp_path / "url"
    dsn.write_text(f"{database}\n")
    dsn.chmod(0o400)
    url.write_text(embedded.redis_url)
    url.chmod(0o644)
    given = {"POSTGRES_DSN_FILE": str(dsn), "REDIS_URL_FILE": str(url), "MIGRATE": "safe"}

    async with (
        service(QUICKSTART, data_dir, **given) as running,
        aiohttp.ClientSession(running.base_url) as client,
        client.get("/products") as answer,
    ):
        log = running.log.read_text()

    assert (answer.status, data_dir.exists()) == (200, False)
    assert log.count("every account may read") == 1
    assert f"MAINSTAY_REDIS_URL_FILE: every account may read {url} (mode 0644); 0400 is enough" in log


async def test_an_unusable_secret_is_said_before_anything_starts(data_dir: Path, tmp_path: Path) -> None:
    finished = await mainstay(
        "serve", str(QUICKSTART), data_dir=data_dir, POSTGRES_DSN_FILE=str(tmp_path / "nothing"), REDIS_URL="x"
    )

    assert (finished.code, finished.errors.splitlines()[0]) == (2, "These settings cannot be used:")
    assert f"MAINSTAY_POSTGRES_DSN_FILE: {tmp_path / 'nothing'} cannot be read: No such file" in finished.errors
    assert "MAINSTAY_REDIS_URL: is no redis://" in finished.errors
    assert not data_dir.exists()


BAD = {
    "an unreachable host": {"POSTGRES_DSN": f"postgresql://me:{CANARY}@127.0.0.1:1/db", "REDIS_URL": "redis://x"},
    "a host without a name": {"POSTGRES_DSN": f"postgresql://me:{CANARY}@nowhere.invalid/db", "REDIS_URL": "redis://x"},
    "a URL cut by its password": {"POSTGRES_DSN": f"postgresql://me:pa/{CANARY}@127.0.0.1/db"},
    "a URL with two @": {"POSTGRES_DSN": f"postgresql://me:pa@{CANARY}@127.0.0.1/db"},
    "no DSN": {"POSTGRES_DSN": CANARY},
    "a Redis URL cut by its password": {"REDIS_URL": f"redis://:{CANARY}/pa@127.0.0.1"},
    "no Redis URL": {"REDIS_URL": CANARY},
}
COMMANDS = {
    "serve": ("serve", str(QUICKSTART)),
    "migrate": ("migrate", str(QUICKSTART)),
    "load": ("load", str(QUICKSTART), str(QUICKSTART.parents[1] / "quickstart")),
}


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("name", BAD)
async def test_a_start_that_fails_shows_no_password(command: str, name: str, data_dir: Path) -> None:
    finished = await mainstay(*COMMANDS[command], data_dir=data_dir, LOG_LEVEL="debug", **BAD[name])

    assert finished.code in (1, 2)
    assert finished.errors
    assert CANARY not in finished.output + finished.errors
    assert "Traceback" not in finished.errors


@pytest.mark.parametrize("command", COMMANDS)
async def test_a_password_that_is_not_taken_is_not_shown(command: str, data_dir: Path) -> None:
    async with refusing_postgres() as port:
        dsn = f"postgresql://me:{CANARY}@127.0.0.1:{port}/db?sslmode=disable&gssencmode=disable"

        finished = await mainstay(
            *COMMANDS[command], data_dir=data_dir, LOG_LEVEL="debug", POSTGRES_DSN=dsn, REDIS_URL="redis://x"
        )

    assert finished.code == 1
    assert CANARY not in finished.output + finished.errors
    assert "Traceback" not in finished.errors


async def test_a_running_service_shows_its_secrets_to_nobody(database: str, data_dir: Path) -> None:
    given = {"POSTGRES_DSN": str(make_dsn(database, password=CANARY)), "MIGRATE": "safe", "LOG_LEVEL": "debug"}
    told = []
    async with service(QUICKSTART, data_dir, **given) as running, aiohttp.ClientSession() as client:
        for url in ("/", "/openapi.json", "/nowhere", "/products?x=1", "/products"):
            async with client.get(f"{running.base_url}{url}") as answer:
                told.append(await answer.text())
        for url in ("/", "/metrics", "/readyz", "/breakers"):
            async with client.get(f"{running.admin_url}{url}") as answer:
                told.append(await answer.text())
        commands = [_read(file) for file in Path("/proc").glob("[0-9]*/cmdline")]
        servers = working_in(data_dir) - {running.process.pid}
        environments = [Path(f"/proc/{pid}/environ").read_bytes() for pid in servers]
        limits = Path(f"/proc/{running.process.pid}/limits").read_text()
        logs = [running.log.read_text(), *(file.read_text() for file in data_dir.glob("*.log"))]

    assert servers
    assert re.search(r"Max core file size +0 ", limits)
    assert [text for text in (*told, *logs) if CANARY in text] == []
    assert [text for text in (*commands, *environments) if CANARY.encode() in text] == []
    assert [text for text in environments if b"MAINSTAY_" in text] == []


async def test_a_redis_that_takes_no_password_is_complained_of_without_it(
    database: str, embedded: Endpoints, data_dir: Path
) -> None:
    given = {"POSTGRES_DSN": database, "MIGRATE": "safe", "LOG_LEVEL": "debug"}
    url = embedded.redis_url.replace("unix://", f"unix://:{CANARY}@")

    async with service(QUICKSTART, data_dir, REDIS_URL=url, **given) as running, aiohttp.ClientSession() as client:
        async with client.get(f"{running.base_url}/products") as answer:
            await answer.read()
        log = running.log.read_text()

    assert (answer.status, CANARY in log, "redis" in log) == (200, False, True)


def _read(file: Path) -> bytes:
    """What a file of a process says; nothing of one that has ended meanwhile."""
    with suppress(OSError):
        return file.read_bytes()
    return b""
