"""The service, or its Postgres, killed again and again under load: what was acknowledged is there, exactly once."""

import asyncio
import random
from pathlib import Path

from storage.embedded import EmbeddedStorage
from telemetry.events import EmbeddedStarted
from tests.acceptance.history_check import contradictions
from tests.acceptance.service_process import service
from tests.acceptance.tellers import History, answers_changed, tellers
from tests.integration.embedded_run import kill
from tests.ports import free_port
from tests.recorder import Recorder

BANK = Path(__file__).with_name("bank.py")
SERVER_KILLS = 20
POSTGRES_KILLS = 3
WRITES_BETWEEN_KILLS = (1, 100)
CHANCE = random.Random(3)  # noqa: S311 - it decides moments, nothing secret


async def test_a_server_killed_twenty_times_has_done_each_acknowledged_write_once(
    data_dir: Path, database: str, redis_url: str
) -> None:
    history, is_open, port = History(), asyncio.Event(), free_port()
    base_url = f"http://127.0.0.1:{port}"
    settings = {"POSTGRES_DSN": database, "REDIS_URL": redis_url, "PORT": str(port), "MIGRATE": "safe"}
    async with tellers(base_url, history, is_open=is_open) as end:
        for _ in range(SERVER_KILLS):
            async with service(BANK, data_dir, **settings) as running:
                is_open.set()
                await history.grown_by(CHANCE.randint(*WRITES_BETWEEN_KILLS))
                is_open.clear()
                running.process.kill()
                await running.process.wait()
        async with service(BANK, data_dir, **settings):
            is_open.set()
            await end()
            changed = await answers_changed(base_url, history)

    assert history.sent_again >= SERVER_KILLS
    assert changed == []
    assert contradictions(history, database) == []


async def test_a_postgres_killed_under_load_has_done_each_acknowledged_write_once(
    data_dir: Path, fast_folder: Path, redis_url: str, events: Recorder
) -> None:
    history, is_open = History(), asyncio.Event()
    is_open.set()
    async with EmbeddedStorage(data_dir, observe=events, valkey=False) as endpoints:
        settings = {"POSTGRES_DSN": endpoints.postgres_dsn, "REDIS_URL": redis_url, "MIGRATE": "safe"}
        async with service(BANK, fast_folder / f"{data_dir.name}-bank", **settings) as running:
            async with tellers(running.base_url, history, is_open=is_open) as end:
                for _ in range(POSTGRES_KILLS):
                    await history.grown_by(CHANCE.randint(*WRITES_BETWEEN_KILLS))
                    (*_, started) = events.of(EmbeddedStarted)
                    events.forget()
                    kill(started.pid)
                    await events.wait_for(EmbeddedStarted)
                await history.grown_by(max(WRITES_BETWEEN_KILLS))
                await end()
            changed = await answers_changed(running.base_url, history)

        assert changed == []
        assert contradictions(history, endpoints.postgres_dsn) == []
