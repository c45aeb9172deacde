"""pgbouncer with the file that is shipped, between a service and its Postgres."""

import asyncio
import os
import re
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from storage.embedded.account import account_for, with_a_name
from storage.embedded.child import Child, Command, Farewell
from storage.embedded.folders import give_tree, make_private
from tests.acceptance.history_check import contradictions
from tests.acceptance.service_process import mainstay, service
from tests.acceptance.tellers import History, answers_changed, tellers
from tests.environment import require
from tests.integration.replicated_postgres import Node
from tests.ports import free_port
from tests.source_tree import PROJECT

SHIPPED = PROJECT / "deploy" / "pgbouncer" / "pgbouncer.ini"
BANK = Path(__file__).with_name("bank.py")
WRITES = 200
PATIENCE_SECONDS = 20.0
_END = (Farewell(signal=signal.SIGTERM, wait_seconds=5.0), Farewell(signal=signal.SIGKILL, wait_seconds=5.0))

NEEDED = ("TimeZone = 'UTC'", "statement_timeout = '5s'", "lock_timeout = '2s'")


@asynccontextmanager
async def pgbouncer(folder: Path, node: Node, **given: str) -> AsyncIterator[str]:
    """Run it before a server's database; its DSN there."""
    port = free_port()
    told = {
        "shop": f"host=127.0.0.1 port={node.port} dbname=postgres",
        "listen_port": str(port),
        "auth_file": str(folder / "userlist.txt"),
        "auth_type": "trust",
        **given,
    }
    account = with_a_name(account_for(folder))
    make_private(folder, account)
    (folder / "userlist.txt").write_text('"postgres" ""\n')
    text = SHIPPED.read_text()
    for name, value in told.items():
        text, count = re.subn(rf"^{name} = .*$", f"{name} = {value}", text, flags=re.MULTILINE)
        assert count == 1, name
    (folder / "pgbouncer.ini").write_text(text)
    give_tree(folder, account)
    command = Command(
        program=Path(require("pgbouncer")),
        arguments=[os.fspath(folder / "pgbouncer.ini")],
        folder=folder,
        account=account,
        death_signal=signal.SIGKILL,
    )
    log = folder.with_name(f"{folder.name}-pgbouncer.log")
    with log.open("ab") as output:
        child = Child(command, output=output.fileno())
    try:
        await _listening(port, child, log)
        yield f"host=127.0.0.1 port={port} user=postgres dbname=shop"
    finally:
        await child.end(_END)


async def _listening(port: int, child: Child, log: Path) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                assert await child.wait(0.02) is None, log.read_text()
            else:
                writer.close()
                return


@pytest.fixture
async def node(data_dir: Path) -> AsyncIterator[Node]:
    """A Postgres with a port."""
    made = Node(data_dir, account_for(data_dir))
    await made.make()
    await made.start()
    yield made
    await made.kill()


async def test_a_service_behind_it_does_each_write_once(node: Node, fast_folder: Path, redis_url: str) -> None:
    history, is_open = History(), asyncio.Event()
    is_open.set()
    for setting in NEEDED:
        node.ask(f"ALTER ROLE postgres SET {setting}")
    async with pgbouncer(fast_folder / f"{node.folder.name}-pgbouncer", node) as dsn:
        settings = {"POSTGRES_DSN": dsn, "MIGRATION_DSN": node.dsn, "REDIS_URL": redis_url, "MIGRATE": "safe"}
        async with service(BANK, fast_folder / f"{node.folder.name}-bank", **settings) as running:
            async with tellers(running.base_url, history, is_open=is_open) as end:
                await history.grown_by(WRITES)
                await end()
            changed = await answers_changed(running.base_url, history)

    assert changed == []
    assert contradictions(history, node.dsn) == []


async def test_a_service_whose_sessions_it_would_change_does_not_start_and_says_why(
    node: Node, fast_folder: Path, redis_url: str
) -> None:
    node.ask("ALTER ROLE postgres SET TimeZone = 'Europe/Berlin'")
    async with pgbouncer(fast_folder / f"{node.folder.name}-pgbouncer", node) as dsn:
        settings = {"POSTGRES_DSN": dsn, "MIGRATION_DSN": node.dsn, "REDIS_URL": redis_url, "MIGRATE": "safe"}
        finished = await mainstay("serve", str(BANK), data_dir=fast_folder / "none", **settings)

    assert finished.code == 1
    assert "TimeZone = Europe/Berlin" in finished.errors
    assert "docs/postgres.md#pgbouncer" in finished.errors


async def test_a_service_whose_connections_share_sessions_does_not_start_and_says_why(
    node: Node, fast_folder: Path, redis_url: str
) -> None:
    for setting in NEEDED:
        node.ask(f"ALTER ROLE postgres SET {setting}")
    folder = fast_folder / f"{node.folder.name}-pgbouncer"
    async with pgbouncer(folder, node, pool_mode="transaction") as dsn:
        settings = {"POSTGRES_DSN": dsn, "MIGRATION_DSN": node.dsn, "REDIS_URL": redis_url, "MIGRATE": "safe"}
        finished = await mainstay("serve", str(BANK), data_dir=fast_folder / "none", **settings)

    assert finished.code == 1
    assert "pool_mode = transaction" in finished.errors
    assert "docs/postgres.md#pgbouncer" in finished.errors
