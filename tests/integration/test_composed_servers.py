"""What docker-compose.yml starts its servers with, run without containers: passwords, roles, a standby."""

import asyncio
import json
import os
import signal
import stat
import sys
import tempfile
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import aiohttp
import pytest

from server.redis_settings import redis_problems
from server.secret_files import read_secret_files
from server.settings import SECRETS, Settings
from storage.embedded.account import Account, account_for
from storage.embedded.binaries import find_postgres
from storage.embedded.folders import give_tree, make_private
from tests.artefacts.compose_file import composed
from tests.environment import require
from tests.integration.replicated_postgres import Node
from tests.ports import free_port
from tests.source_tree import PROJECT

DEPLOY = PROJECT / "deploy"
PATH = f"{find_postgres().parent}:{os.environ['PATH']}"
CONFIGURED = {"config_file": str(DEPLOY / "postgres/postgresql.conf"), "unix_socket_directories": ""}
PATIENCE_SECONDS = 30.0


async def drawn(folder: Path) -> Path:
    folder.mkdir(exist_ok=True, parents=True)
    environment = {"SECRETS": str(folder), "PATH": PATH}
    process = await asyncio.create_subprocess_exec(DEPLOY / "compose/secrets.sh", env=environment)
    assert await process.wait() == 0
    return folder


async def test_the_service_takes_the_secrets_drawn_for_it(data_dir: Path) -> None:
    secrets = await drawn(data_dir)
    environment = {
        name: path.replace("/run/secrets", str(secrets / folder))
        for service in composed()
        if service.said["image"] == "mainstay:local"
        for folder in service.secrets
        for name, path in service.environment.items()
        if name.endswith("_FILE")
    }

    found = read_secret_files(environment, SECRETS)
    settings = Settings(**{SECRETS[name]: text for name, text in found.values.items()})  # type: ignore[arg-type]  # text

    assert (found.problems, list(redis_problems(settings))) == ((), [])
    assert {f"{name}_FILE" for name in found.values} == environment.keys()


async def test_secrets_are_drawn_once_and_each_differs(data_dir: Path) -> None:
    def found() -> dict[Path, str]:
        return {path: path.read_text() for path in sorted(data_dir.glob("*/*"))}

    await drawn(data_dir)
    first = found()
    await drawn(data_dir)

    assert found() == first
    assert {stat.S_IMODE(path.stat().st_mode) for path in first} == {0o400}
    words = {text.rpartition("password=")[2] for path, text in first.items() if path.suffix != ".json"}
    # The service, the exporter and the standby know some of the servers' passwords too.
    assert len(words) >= len(first) - 4


@pytest.fixture
def passable() -> Iterator[Path]:
    """A folder that the servers' account may pass through, which those of the other tests are not."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o711)
        yield Path(name)


@asynccontextmanager
async def primary_in(folder: Path) -> AsyncIterator[Node]:
    """A primary with the configuration and the roles of the compose file."""
    node = Node(folder / "primary", account_for(folder))
    await node.make()
    await node.start(**CONFIGURED)
    environment = {
        "PATH": PATH,
        "PGHOST": "127.0.0.1",
        "PGPORT": str(node.port),
        "PGDATA": str(node.folder),
        "POSTGRES_USER": "postgres",
        "POSTGRES_DB": "postgres",
        "POSTGRES_SECRETS": str(folder / "secrets/postgres"),
    }
    try:
        making = await asyncio.create_subprocess_exec(DEPLOY / "postgres/roles.sh", env=environment)
        assert await making.wait() == 0
        yield node
    finally:
        await node.kill()


async def standby_of(primary: Node, folder: Path, account: Account, *, port: int) -> Process:
    """What standby.sh starts."""
    as_account = [] if account.is_us() else ["--reuid", str(account.uid), "--regid", str(account.gid), "--clear-groups"]
    environment = {
        "PATH": PATH,
        "PGDATA": str(folder / "standby"),
        "POSTGRES_PRIMARY": f"host=127.0.0.1 port={primary.port}",
        "POSTGRES_SECRETS": str(folder / "secrets"),
    }
    options = {**CONFIGURED, "port": str(port), "listen_addresses": "127.0.0.1"}
    return await asyncio.create_subprocess_exec(
        require("setpriv"),
        *as_account,
        *("--pdeathsig", "KILL", str(DEPLOY / "postgres/standby.sh")),
        *(word for name, value in options.items() for word in ("-c", f"{name}={value}")),
        env=environment,
        cwd=folder,
    )


async def test_the_standby_follows_and_the_roles_may_what_they_are_for(passable: Path) -> None:
    account = account_for(passable)
    secrets = await drawn(passable / "secrets")
    make_private(passable / "copying", account)
    copying = Node(passable / "copying/standby", account)
    (copying.folder.parent / "secrets").mkdir()
    (copying.folder.parent / "secrets/replication_password").write_bytes(
        (secrets / "postgres/replication_password").read_bytes()
    )
    (copying.folder.parent / "standby.new").mkdir()
    (copying.folder.parent / "standby.new/PG_VERSION").write_text("of a copy that was cut short")
    give_tree(copying.folder.parent, account)

    async with primary_in(passable) as primary:
        standby = await standby_of(primary, copying.folder.parent, account, port=copying.port)
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                while primary.ask("SELECT state FROM pg_stat_replication") != [("streaming",)]:
                    assert standby.returncode is None
                    await asyncio.sleep(0.05)
            rights = primary.ask(
                "SELECT rolname, rolreplication, pg_has_role(rolname, 'pg_monitor', 'member') FROM pg_roles "
                "WHERE rolname IN ('shop', 'replication', 'exporter') ORDER BY 1"
            )
            slots = primary.ask("SELECT slot_name, active FROM pg_replication_slots")
        finally:
            with suppress(ProcessLookupError):
                standby.send_signal(signal.SIGINT)
            await standby.wait()

    assert rights == [("exporter", False, True), ("replication", True, False), ("shop", False, False)]
    assert slots == [("standby", True)]


async def test_the_pager_writes_down_who_would_be_called_and_no_heartbeat() -> None:
    told = {
        "alerts": [
            {
                "status": "firing",
                "labels": {"alertname": "DependencyDown", "service": "shop", "dependency": "postgres"},
                "annotations": {"summary": "shop cannot reach postgres", "runbook_url": "http://runbooks/a.md"},
            },
        ],
    }
    port = free_port()
    pager = await asyncio.create_subprocess_exec(
        *(sys.executable, DEPLOY / "compose/pager.py"), env={"PAGER_PORT": str(port)}, stdout=PIPE
    )
    async with aiohttp.ClientSession(f"http://127.0.0.1:{port}") as session:
        await _answering(session)
        statuses = [
            (await session.post(path, data=json.dumps(body))).status
            for path, body in (("/heartbeat", told), ("/page", told), ("/page", ["nothing of the kind"]))
        ]
    pager.terminate()
    written, _ = await pager.communicate()

    assert (statuses, pager.returncode) == ([200, 200, 400], 0)
    assert written.decode() == (
        "page  firing  DependencyDown  service=shop dependency=postgres  shop cannot reach postgres  "
        "http://runbooks/a.md\n"
    )


async def _answering(session: aiohttp.ClientSession) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            with suppress(aiohttp.ClientConnectionError):
                async with session.get("/"):
                    return
            await asyncio.sleep(0.02)


@pytest.mark.parametrize("script", sorted(DEPLOY.glob("*/*.sh")), ids=lambda path: path.name)
async def test_a_script_is_one_for_any_shell(script: Path) -> None:
    checking = await asyncio.create_subprocess_exec("sh", "-n", script)

    assert await checking.wait() == 0
