"""What docs/operations.md says of backups, done: taken under load, the server destroyed, restored, row by row."""

import asyncio
import os
import shutil
import signal
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, closing, contextmanager
from pathlib import Path

import psycopg2
import pytest
from psycopg2.extensions import connection as Connection  # noqa: N812 - psycopg2 writes its class so

from storage.embedded.account import account_for
from storage.embedded.child import Child, Farewell
from storage.embedded.folders import make_private
from tests.acceptance.history_check import contradictions
from tests.acceptance.service_process import service
from tests.acceptance.tellers import History, answers_changed, tellers
from tests.integration.processes import until
from tests.integration.replicated_postgres import Node

BANK = Path(__file__).with_name("bank.py")
WRITES = 100
ARCHIVE = "archive"
_END = (Farewell(signal=signal.SIGTERM, wait_seconds=5.0), Farewell(signal=signal.SIGKILL, wait_seconds=5.0))
_TABLES = """
    SELECT format('%I.%I', table_schema, table_name) FROM information_schema.tables
    WHERE table_type = 'BASE TABLE' AND table_schema NOT IN ('pg_catalog', 'information_schema')
"""

_DIGEST = "SELECT count(*), md5(string_agg(md5(t::text), '' ORDER BY t::text)) FROM {table} AS t"

Digests = Mapping[str, tuple[int, str]]
"""Of each table, how many rows it has, and a digest of all of them."""


@pytest.fixture
async def node(data_dir: Path) -> AsyncIterator[Node]:
    """A Postgres of its own, to be destroyed."""
    account = account_for(data_dir)
    make_private(data_dir, account)
    made = Node(data_dir / "first", account)
    await made.make()
    await made.start()
    yield made
    if made.child is not None and made.child.exit_code is None:
        await made.kill()


@asynccontextmanager
async def running(node: Node, **settings: str) -> AsyncIterator[Node]:
    """Run a server until the block is left."""
    await node.start(**settings)
    try:
        yield node
    finally:
        await node.kill()


async def destroy(node: Node) -> None:
    """Have it die, and take its disk away."""
    await node.kill()
    shutil.rmtree(node.folder)


def digests_in(connection: Connection) -> Digests:
    """Of every table there is."""
    found = {}
    with connection.cursor() as cursor:
        cursor.execute(_TABLES)
        for (table,) in cursor.fetchall():
            cursor.execute(_DIGEST.format(table=table))
            found[table] = cursor.fetchone()
    return found


@contextmanager
def snapshot(node: Node) -> Iterator[tuple[str, Digests]]:
    """Hold a moment still: its name, and what every table holds in it."""
    with closing(psycopg2.connect(node.dsn)) as connection, connection.cursor() as cursor:
        connection.set_session(isolation_level="REPEATABLE READ", readonly=True)
        cursor.execute("SELECT pg_export_snapshot()")
        (name,) = cursor.fetchone()
        yield name, digests_in(connection)


async def test_a_dump_taken_under_load_restores_to_the_very_rows_of_its_moment(
    node: Node, data_dir: Path, fast_folder: Path, redis_url: str
) -> None:
    history, is_open = History(), asyncio.Event()
    is_open.set()
    dump, restored = data_dir / "bank.dump", Node(data_dir / "second", node.account)
    settings = {"REDIS_URL": redis_url, "MIGRATE": "safe"}
    async with (
        service(BANK, fast_folder / f"{data_dir.name}-bank", POSTGRES_DSN=node.dsn, **settings) as bank,
        tellers(bank.base_url, history, is_open=is_open) as end,
    ):
        await history.grown_by(WRITES)
        with snapshot(node) as (name, held):
            await node.run("pg_dump", ["--format=custom", f"--file={dump}", f"--snapshot={name}", node.dsn])
        await history.grown_by(WRITES)
        await end()
    await destroy(node)

    await restored.make()
    async with running(restored):
        await restored.run("pg_restore", ["--exit-on-error", "--jobs=2", f"--dbname={restored.dsn}", os.fspath(dump)])

        with closing(psycopg2.connect(restored.dsn)) as connection:
            assert digests_in(connection) == held
        assert held["public.entry"][0] >= WRITES / 10
        settings = {"POSTGRES_DSN": restored.dsn, "REDIS_URL": redis_url, "MIGRATE": "never"}
        async with (
            service(BANK, fast_folder / f"{data_dir.name}-again", **settings) as bank,
            tellers(bank.base_url, history, is_open=is_open) as end,
        ):
            await history.grown_by(WRITES)
            await end()


async def test_a_copy_and_the_log_after_it_restore_everything_that_was_acknowledged(
    node: Node, data_dir: Path, fast_folder: Path, redis_url: str
) -> None:
    history, is_open, archive = History(), asyncio.Event(), data_dir / ARCHIVE
    is_open.set()
    restored = Node(data_dir / "second", node.account, port=node.port)
    settings = {"POSTGRES_DSN": node.dsn, "REDIS_URL": redis_url, "MIGRATE": "safe"}
    receiving = await following(node, archive)
    async with (
        service(BANK, fast_folder / f"{data_dir.name}-bank", **settings) as bank,
        tellers(bank.base_url, history, is_open=is_open) as end,
    ):
        await history.grown_by(WRITES)
        await restored.run(
            "pg_basebackup", [f"--dbname={node.dsn}", f"--pgdata={restored.folder}", "--checkpoint=fast"]
        )
        await history.grown_by(WRITES)
        await destroy(node)
        await receiving.end(_END)

        for partial in archive.glob("*.partial"):
            partial.rename(partial.with_suffix(""))
        (restored.folder / "recovery.signal").touch()
        told = {"restore_command": f'cp "{archive}/%f" "%p"', "synchronous_standby_names": ""}
        async with running(restored, **told):
            await history.grown_by(WRITES)
            await end()
            assert await answers_changed(bank.base_url, history) == []
            assert contradictions(history, restored.dsn) == []


async def following(node: Node, archive: Path) -> Child:
    """Keep the log somewhere else as it is written: a write is acknowledged once it is there."""
    make_private(archive, node.account)
    place = f"{node.dsn} application_name={ARCHIVE}"
    child = await node.begin("pg_receivewal", [f"--dbname={place}", f"--directory={archive}", "--synchronous"])
    await asyncio.to_thread(node.ask, f"ALTER SYSTEM SET synchronous_standby_names = '{ARCHIVE}'")
    await asyncio.to_thread(node.ask, "SELECT pg_reload_conf()")
    await until(lambda: node.ask("SELECT sync_state FROM pg_stat_replication") == [("sync",)])
    return child
