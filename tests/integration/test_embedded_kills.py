"""A server that is killed while Mainstay runs comes back."""

import asyncio
import signal
from contextlib import closing
from pathlib import Path

import psycopg2
import pytest
from redis import asyncio as aioredis

from storage.embedded import EmbeddedStorage
from telemetry.events import EmbeddedExited, EmbeddedStarted
from tests.integration.embedded_run import halt, kill
from tests.integration.pid_files import leave, naming
from tests.integration.processes import status, working_in
from tests.integration.sql import ask, run_sql
from tests.recorder import Recorder


def pid_of(program: str, events: Recorder) -> int:
    return next(event.pid for event in reversed(events.of(EmbeddedStarted)) if event.program == program)


async def test_a_killed_postgres_is_started_again_with_its_rows(data_dir: Path, events: Recorder) -> None:
    async with EmbeddedStorage(data_dir, observe=events, valkey=False) as endpoints:
        await run_sql(endpoints.postgres_dsn, "CREATE TABLE kept AS SELECT 42 AS answer")
        killed = pid_of("postgres", events)
        events.forget()

        kill(killed)

        await events.wait_for(EmbeddedStarted)
        assert await ask(endpoints.postgres_dsn, "SELECT answer FROM kept") == (42,)
    assert events.of(EmbeddedExited) == [
        EmbeddedExited(program="postgres", exit_code=-signal.SIGKILL, restarting=True),
        EmbeddedExited(program="postgres", exit_code=0, restarting=False),
    ]


async def test_a_killed_backend_leaves_the_server_running(data_dir: Path, events: Recorder) -> None:
    async with EmbeddedStorage(data_dir, observe=events, valkey=False) as endpoints:
        await run_sql(endpoints.postgres_dsn, "CREATE TABLE kept AS SELECT 42 AS answer")
        with closing(psycopg2.connect(endpoints.postgres_dsn)) as connection:
            kill(connection.get_backend_pid())
            with pytest.raises(psycopg2.OperationalError), connection.cursor() as cursor:
                cursor.execute("SELECT 1")

        async def answers() -> tuple[object, ...] | None:
            try:
                return await ask(endpoints.postgres_dsn, "SELECT answer FROM kept")
            except psycopg2.OperationalError:  # in recovery
                return None

        async with asyncio.timeout(20):
            while (answer := await answers()) is None:
                pass
    assert answer == (42,)
    assert len(events.of(EmbeddedStarted)) == 1


async def test_a_killed_valkey_is_started_again(data_dir: Path, events: Recorder) -> None:
    async with EmbeddedStorage(data_dir, observe=events, postgres=False) as endpoints:
        killed = pid_of("valkey", events)
        events.forget()

        kill(killed)

        await events.wait_for(EmbeddedStarted)
        async with aioredis.from_url(endpoints.redis_url) as client:
            assert await client.ping()
    assert events.of(EmbeddedExited)[0] == EmbeddedExited(program="valkey", exit_code=-signal.SIGKILL, restarting=True)


async def test_stopped_servers_are_ended_all_the_same(data_dir: Path, events: Recorder) -> None:
    storage = EmbeddedStorage(data_dir, observe=events)
    await storage.start()
    for event in events.of(EmbeddedStarted):
        await halt(event.pid)

    await storage.stop()

    assert working_in(data_dir) == set()
    assert {event.exit_code for event in events.of(EmbeddedExited)} == {0}


async def test_pid_files_that_name_a_stranger_do_not_hinder_a_restart(
    data_dir: Path, events: Recorder, stranger: int
) -> None:
    async with EmbeddedStorage(data_dir, observe=events, valkey=False) as endpoints:
        for file in (data_dir / "postgres/postmaster.pid", data_dir / "sockets/.s.PGSQL.5432.lock"):
            leave(file, naming(stranger, file.read_text()))
        killed = pid_of("postgres", events)
        events.forget()

        kill(killed)

        await events.wait_for(EmbeddedStarted)
        assert await ask(endpoints.postgres_dsn, "SELECT 1") == (1,)
    assert status(stranger, "State").startswith("S")
