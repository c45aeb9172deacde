"""What a team's own tests are given: a service served for real, its keys and its events, and nothing left over."""

import asyncio
import re
import sys
import tempfile
from asyncio.subprocess import PIPE, STDOUT
from pathlib import Path

import aiohttp
import pytest
from psycopg2.extensions import parse_dsn

from server import ANYONE, Model, Resource, Service, role
from server.testing import served
from storage.mistakes import Misdeclared
from telemetry.events import RequestFinished

ROOT = Path(__file__).parents[2]
SHORT_LIVED = Path(tempfile.gettempdir())
GUIDE = (ROOT / "docs/testing.md").read_text()


class Note(Model):
    text: str


SERVICE = Service(name="notes", resources=[Resource(Note, "/notes", read=ANYONE, write=role("staff"))])


def data_folder(dsn: str) -> Path:
    """Where the Postgres of that address has its files and its socket."""
    return next(folder for folder in Path(parse_dsn(dsn)["host"]).parents if folder.parent == SHORT_LIVED)


async def test_a_service_is_served_for_real_with_keys_and_events_and_leaves_nothing() -> None:
    async with served(SERVICE, body_bytes=2_000) as running, aiohttp.ClientSession(running.url) as client:
        key = await running.key("staff")
        refused = await client.post("/notes", json={"text": "a"})
        made = await client.post("/notes", json={"text": "a"}, headers={"Authorization": f"Bearer {key}"})
        event = await running.events.wait_for(RequestFinished, lambda one: one.status == 201)
        async with client.get(f"{running.admin_url}/readyz") as ready:
            is_ready = ready.status == 200
        folder = data_folder(running.postgres_dsn)
        is_there = folder.is_dir()

    assert (refused.status, made.status, event.route, is_ready) == (401, 201, "/notes", True)
    assert (is_there, folder.exists()) == (True, False)


async def test_a_declaration_with_mistakes_is_not_served() -> None:
    wrong = Service(name="notes", resources=[Resource(Note, "notes", access=ANYONE)])

    with pytest.raises(Misdeclared, match="a path begins with /"):
        async with served(wrong):
            pass


async def test_the_guide_s_example_is_a_test_that_passes(tmp_path: Path) -> None:
    example = re.search(r"```python\n(.*?)```", GUIDE, re.DOTALL)
    assert example is not None
    (tmp_path / "test_shop.py").write_text(example[1])
    (tmp_path / "service.py").write_text((ROOT / "examples/quickstart/service.py").read_text())
    (tmp_path / "pytest.ini").write_text(
        "[pytest]\nasyncio_mode = auto\nasyncio_default_fixture_loop_scope = function\npythonpath = .\n"
    )

    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "pytest", "-q", "-W", "error", cwd=tmp_path, stdout=PIPE, stderr=STDOUT
    )
    output, _ = await process.communicate()

    assert process.returncode == 0, output.decode()
    assert "1 passed" in output.decode()
