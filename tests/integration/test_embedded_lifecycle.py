"""Starting and stopping the embedded servers."""

import asyncio
import os
import sys
from contextlib import suppress
from pathlib import Path

import pytest
from psycopg2.extensions import parse_dsn
from redis import asyncio as aioredis

from storage.embedded import EmbeddedFailed, EmbeddedStorage, Endpoints, FolderBusy
from telemetry.events import EmbeddedExited, EmbeddedStarted
from tests.integration.processes import is_ours, until, working_in
from tests.integration.sql import ask, run_sql
from tests.recorder import Recorder


async def test_a_first_start_gives_an_empty_database_and_valkey(data_dir: Path, events: Recorder) -> None:
    async with EmbeddedStorage(data_dir, observe=events) as endpoints:
        who = await ask(endpoints.postgres_dsn, "SELECT current_user::text, current_database()::text")
        async with aioredis.from_url(endpoints.redis_url) as client:
            size = await client.dbsize()

    assert (who, size) == (("mainstay", "mainstay"), 0)
    assert {event.program for event in events.of(EmbeddedStarted)} == {"postgres", "valkey"}
    assert {(event.program, event.exit_code, event.restarting) for event in events.of(EmbeddedExited)} == {
        ("postgres", 0, False),
        ("valkey", 0, False),
    }


async def test_a_restart_keeps_the_rows(data_dir: Path, events: Recorder) -> None:
    async with EmbeddedStorage(data_dir, observe=events) as endpoints:
        await run_sql(endpoints.postgres_dsn, "CREATE TABLE kept AS SELECT 42 AS answer")

    async with EmbeddedStorage(data_dir, observe=events) as endpoints:
        assert await ask(endpoints.postgres_dsn, "SELECT answer FROM kept") == (42,)


async def test_one_object_can_start_again_after_a_stop(data_dir: Path, events: Recorder) -> None:
    storage = EmbeddedStorage(data_dir, observe=events, postgres=False)
    first = await storage.start()
    await storage.stop()
    second = await storage.start()
    await storage.stop()

    assert first == second


async def test_a_second_instance_is_told_who_holds_the_folder(data_dir: Path, events: Recorder) -> None:
    async with EmbeddedStorage(data_dir, observe=events, postgres=False) as endpoints:
        second = EmbeddedStorage(data_dir, observe=events, postgres=False)
        with pytest.raises(FolderBusy) as refusal:
            await second.start()
        await second.stop()
        async with aioredis.from_url(endpoints.redis_url) as client:
            assert await client.ping()

    assert f"{data_dir} is in use by process {os.getpid()} ({' '.join(sys.orig_argv)}) since 20" in str(refusal.value)


async def test_only_what_is_asked_for_runs(data_dir: Path, events: Recorder) -> None:
    async with EmbeddedStorage(data_dir, observe=events, postgres=False) as only_valkey:
        pass
    async with EmbeddedStorage(data_dir, observe=events, valkey=False) as only_postgres:
        pass

    assert only_valkey == Endpoints(postgres_dsn="", redis_url=f"unix://{data_dir}/sockets/valkey.sock?db=0")
    assert only_postgres.redis_url == ""
    assert parse_dsn(only_postgres.postgres_dsn) == {
        "host": f"{data_dir}/sockets",
        "port": "5432",
        "user": "mainstay",
        "dbname": "mainstay",
    }
    assert [event.program for event in events.of(EmbeddedStarted)] == ["valkey", "postgres"]


async def test_a_stop_in_the_middle_of_a_first_start_ends_it(data_dir: Path, events: Recorder) -> None:
    storage = EmbeddedStorage(data_dir, observe=events)
    starting = asyncio.create_task(storage.start())
    await until((data_dir / "postgres.unfinished" / "PG_VERSION").exists)

    await storage.stop()

    with pytest.raises(EmbeddedFailed, match="stopped while they were starting"):
        await starting
    await until(lambda: not working_in(data_dir))
    async with EmbeddedStorage(data_dir, observe=events) as endpoints:
        assert await ask(endpoints.postgres_dsn, "SELECT 1") == (1,)


async def test_a_cancelled_start_leaves_nothing_running(data_dir: Path, events: Recorder) -> None:
    starting = asyncio.create_task(EmbeddedStorage(data_dir, observe=events).start())
    await until((data_dir / "postgres").exists)

    starting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await starting

    assert working_in(data_dir) == set()


async def test_a_stop_without_a_start_does_nothing(data_dir: Path, events: Recorder) -> None:
    await EmbeddedStorage(data_dir, observe=events).stop()

    assert working_in(data_dir) == set()
    assert events.events == []


async def test_ctrl_c_in_the_terminal_does_not_reach_the_servers(data_dir: Path, events: Recorder) -> None:
    async with EmbeddedStorage(data_dir, observe=events):
        pids = [event.pid for event in events.of(EmbeddedStarted)]

        assert [is_ours(pid) for pid in pids] == [False, False]


async def test_the_servers_listen_to_no_tcp_port(data_dir: Path, events: Recorder) -> None:
    async with EmbeddedStorage(data_dir, observe=events) as endpoints:
        postgres = await ask(endpoints.postgres_dsn, "SELECT current_setting('listen_addresses')")
        async with aioredis.from_url(endpoints.redis_url) as client:
            valkey = await client.config_get("port")
        open_sockets = {target for pid in working_in(data_dir) for target in descriptors(pid)}

    assert (postgres, valkey) == (("",), {"port": "0"})
    assert open_sockets & {f"socket:[{inode}]" for inode in listening_inodes()} == set()


def descriptors(pid: int) -> set[str]:
    found = set()
    with suppress(OSError):  # a session that has just ended
        for link in Path(f"/proc/{pid}/fd").iterdir():
            found.add(str(link.readlink()))
    return found


def listening_inodes() -> list[str]:
    tables = [Path("/proc/net/tcp").read_text(), Path("/proc/net/tcp6").read_text()]
    rows = [line.split() for table in tables for line in table.splitlines()[1:]]
    return [row[9] for row in rows if row[3] == "0A"]
