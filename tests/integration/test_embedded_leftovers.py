"""What a killed process leaves behind does not hinder the next start."""

from contextlib import closing
from pathlib import Path

import psycopg2
import pytest

from storage.embedded import EmbeddedStorage
from tests.integration.embedded_run import Run, halt, kill, start_program
from tests.integration.pid_files import leave, naming
from tests.integration.processes import status, until, working_in
from tests.integration.sql import ask, run_sql
from tests.recorder import Recorder


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
async def test_the_servers_die_with_a_killed_process(data_dir: Path, loop: str) -> None:
    with Run(data_dir, loop) as run:
        assert set(run.pids.values()) <= working_in(data_dir)

        run.kill()

        await until(lambda: not working_in(data_dir))


async def test_the_next_start_after_a_kill_has_the_rows(data_dir: Path, events: Recorder) -> None:
    with Run(data_dir) as run:
        dsn = f"host={data_dir}/sockets user=mainstay dbname=mainstay"
        await run_sql(dsn, "CREATE TABLE kept AS SELECT 42 AS answer")

        run.kill()

        async with EmbeddedStorage(data_dir, observe=events) as endpoints:
            assert await ask(endpoints.postgres_dsn, "SELECT answer FROM kept") == (42,)
            assert working_in(data_dir) & set(run.pids.values()) == set()


@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
def test_a_process_that_ends_by_itself_leaves_nothing_running(data_dir: Path, loop: str) -> None:
    with Run(data_dir, loop) as run:
        assert run.finish() == 0
        assert working_in(data_dir) == set()


async def test_everything_killed_at_once_comes_back(data_dir: Path, events: Recorder) -> None:
    with Run(data_dir) as run:
        dsn = f"host={data_dir}/sockets user=mainstay dbname=mainstay"
        await run_sql(dsn, "CREATE TABLE kept AS SELECT 42 AS answer")

        for pid in {run.process.pid, *run.pids.values()} | working_in(data_dir):
            kill(pid)
        run.kill()

        async with EmbeddedStorage(data_dir, observe=events) as endpoints:
            assert await ask(endpoints.postgres_dsn, "SELECT answer FROM kept") == (42,)


async def test_a_killed_process_whose_postgres_hangs_is_survived(data_dir: Path, events: Recorder) -> None:
    with Run(data_dir) as run:
        await halt(run.pids["postgres"])
        run.kill()
        assert run.pids["postgres"] in working_in(data_dir)

        async with EmbeddedStorage(data_dir, observe=events) as endpoints:
            assert await ask(endpoints.postgres_dsn, "SELECT 1") == (1,)
            assert run.pids["postgres"] not in working_in(data_dir)


async def test_backends_that_outlived_a_killed_postmaster_are_ended_first(data_dir: Path, events: Recorder) -> None:
    run = Run(data_dir)
    dsn = f"host={data_dir}/sockets user=mainstay dbname=mainstay"
    with run, closing(psycopg2.connect(dsn)) as connection:
        backend = connection.get_backend_pid()
        await halt(backend)
        kill(run.process.pid)
        kill(run.pids["postgres"])
        run.kill()
        assert backend in working_in(data_dir)

        async with EmbeddedStorage(data_dir, observe=events) as endpoints:
            assert await ask(endpoints.postgres_dsn, "SELECT 1") == (1,)
            assert backend not in working_in(data_dir)


async def test_a_pid_file_that_names_a_stranger_is_not_believed(
    data_dir: Path, events: Recorder, stranger: int
) -> None:
    async with EmbeddedStorage(data_dir, observe=events, valkey=False):
        pid_file = (data_dir / "postgres/postmaster.pid").read_text()
    leave(data_dir / "postgres/postmaster.pid", naming(stranger, pid_file))

    async with EmbeddedStorage(data_dir, observe=events, valkey=False) as endpoints:
        assert await ask(endpoints.postgres_dsn, "SELECT 1") == (1,)

    assert status(stranger, "State").startswith("S")


async def test_half_a_cluster_is_thrown_away(data_dir: Path, events: Recorder) -> None:
    torn = data_dir / "postgres.unfinished"
    torn.mkdir(parents=True, mode=0o700)
    (torn / "PG_VERSION").write_text("18\n")
    (torn / "base").mkdir()

    async with EmbeddedStorage(data_dir, observe=events, valkey=False) as endpoints:
        assert await ask(endpoints.postgres_dsn, "SELECT 1") == (1,)

    assert names_in(data_dir) == ["lock", "postgres", "postgres.log"]


async def test_a_process_killed_while_it_makes_the_cluster_is_survived(data_dir: Path, events: Recorder) -> None:
    process = start_program(data_dir)
    await until((data_dir / "postgres.unfinished" / "base").exists)
    process.kill()
    process.communicate()

    async with EmbeddedStorage(data_dir, observe=events) as endpoints:
        assert await ask(endpoints.postgres_dsn, "SELECT 1") == (1,)
