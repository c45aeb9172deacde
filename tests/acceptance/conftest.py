"""Fixtures for the tests of the real process: short folders in memory, a Postgres to point it at, a clubhouse."""

import os
import signal
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from storage.embedded import EmbeddedStorage
from telemetry.events import EmbeddedStarted
from tests.acceptance.club import ADA, CLUBHOUSE, SECRET, Club
from tests.acceptance.http_pages import api
from tests.acceptance.service_process import service
from tests.integration.conftest import data_dir, database, embedded, fast_folder, postgres_dsn, redis_url
from tests.recorder import Recorder

__all__ = ["data_dir", "database", "embedded", "fast_folder", "postgres_dsn", "redis_url"]


@pytest.fixture
async def clubhouse(database: str, data_dir: Path, fast_folder: Path, events: Recorder) -> AsyncIterator[Club]:
    async with AsyncExitStack() as held:
        valkey = await held.enter_async_context(EmbeddedStorage(data_dir, observe=events, postgres=False))
        pid = events.of(EmbeddedStarted)[0].pid
        settings = {
            "POSTGRES_DSN": database,
            "REDIS_URL": valkey.redis_url,
            "MIGRATE": "safe",
            "ACCOUNTS_SECRET": SECRET,
        }
        replicas, processes = [], []
        for number in range(3):
            folder = fast_folder / f"{data_dir.name}-{number}"
            running = await held.enter_async_context(service(CLUBHOUSE, folder, **settings))
            processes.append(running)
            replicas.append(await held.enter_async_context(api(running.base_url)))
        assert (await replicas[0]("POST", "/identity/sign-up", ADA)).status == 204
        yield Club(
            replicas=tuple(replicas),
            running=tuple(processes),
            valkey_pid=pid,
            settings=settings,
            folder=data_dir,
        )
        os.kill(pid, signal.SIGCONT)
