"""Two Postgres servers, the Patroni of each, an etcd and an HAProxy, with the files that are shipped, on loopback."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp

from storage.embedded.account import Account, account_for, with_a_name
from storage.embedded.binaries import find_postgres
from storage.embedded.child import Child, Command, Farewell
from storage.embedded.folders import make_private
from tests.environment import require
from tests.integration.processes import working_in
from tests.ports import free_port
from tests.source_tree import PROJECT

SHIPPED = PROJECT / "deploy" / "patroni"
ADDRESSES = ("127.0.0.11", "127.0.0.12")
NOBODY_THERE = "127.0.0.13"
PASSWORD = "of the tests alone"  # noqa: S105 - of servers that end with the test
PATIENCE_SECONDS = 90.0
_LOOK_SECONDS = 0.05
_END = (Farewell(signal=signal.SIGTERM, wait_seconds=15.0), Farewell(signal=signal.SIGKILL, wait_seconds=5.0))
_KILL = (Farewell(signal=signal.SIGKILL, wait_seconds=5.0),)


def etcd_settings() -> Mapping[str, str]:
    """What the shipped file says."""
    lines = (SHIPPED / "etcd.env").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def node_settings(name: str, address: str, *, folder: Path, etcd: str, ports: tuple[int, int]) -> Mapping[str, str]:
    """What differs from node to node."""
    postgres, api = ports
    secrets = {
        f"PATRONI_{part}_{what}": value
        for part, user in (("SUPERUSER", "postgres"), ("REPLICATION", "replicator"), ("REWIND", "rewinder"))
        for what, value in (("USERNAME", user), ("PASSWORD", PASSWORD))
    }
    return {
        "PATRONI_NAME": name,
        "PATRONI_ETCD3_HOSTS": etcd,
        "PATRONI_RESTAPI_LISTEN": f"{address}:{api}",
        "PATRONI_RESTAPI_CONNECT_ADDRESS": f"{address}:{api}",
        "PATRONI_POSTGRESQL_LISTEN": f"{address}:{postgres}",
        "PATRONI_POSTGRESQL_CONNECT_ADDRESS": f"{address}:{postgres}",
        "PATRONI_POSTGRESQL_DATA_DIR": os.fspath(folder),
        "PATRONI_POSTGRESQL_BIN_DIR": os.fspath(find_postgres().parent),
        "HOME": os.fspath(folder.parent),
        **secrets,
    }


@dataclass(slots=True, kw_only=True)
class Cluster:
    """What runs; `node` numbers are places in ADDRESSES."""

    folder: Path
    account: Account
    etcd_port: int = field(default_factory=free_port)
    postgres_port: int = field(default_factory=free_port)
    api_port: int = field(default_factory=free_port)
    port: int = field(default_factory=free_port)
    replica_port: int = field(default_factory=free_port)
    children: dict[str, Child] = field(default_factory=dict)

    @property
    def dsn(self) -> str:
        """Whoever leads, through the balancer."""
        return self._dsn("127.0.0.1", self.port)

    @property
    def dsn_of_all(self) -> str:
        """All servers, and none between."""
        return self._dsn(",".join(ADDRESSES), self.postgres_port)

    async def leader(self) -> int:
        """Which node leads."""
        return await self._until_there_is("leader")

    async def until_redundant(self) -> int:
        """Wait for a replica that has all that is acknowledged; which node it is."""
        return await self._until_there_is("sync_standby")

    async def until_led_by(self, node: int) -> None:
        """Wait until this one says that it takes writes."""
        async with asyncio.timeout(PATIENCE_SECONDS), aiohttp.ClientSession() as session:
            while not await self._answers(session, node, "/primary"):  # noqa: ASYNC110 - it tells nobody
                await asyncio.sleep(_LOOK_SECONDS)

    async def kill_postgres(self, node: int) -> None:
        """End a node's Postgres as an out-of-memory killer would."""
        os.kill(int((self._data(node) / "postmaster.pid").read_text().split()[0]), signal.SIGKILL)

    async def kill_machine(self, node: int) -> None:
        """End all there is of a node, as a power failure would."""
        await self.children[f"node-{node}"].end(_KILL)
        await self.kill_postgres(node)

    async def start(self) -> None:
        """Run everything; returns when there is a leader and one to take its place."""
        await self._start_etcd()
        for node in range(len(ADDRESSES)):
            await self.start_node(node)
        await self._start_balancer()
        await self.until_redundant()

    async def start_node(self, node: int) -> None:
        """Run a node's Patroni, which makes or starts its Postgres."""
        settings = node_settings(
            f"node-{node}",
            ADDRESSES[node],
            folder=self._data(node),
            etcd=f"127.0.0.1:{self.etcd_port}",
            ports=(self.postgres_port, self.api_port),
        )
        await self._run(f"node-{node}", settings, [require("patroni"), os.fspath(SHIPPED / "patroni.yml")])

    async def stop(self) -> None:
        """End everything, the servers first."""
        for child in reversed(self.children.values()):
            await child.end(_END)
        for pid in working_in(self.folder):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def _dsn(self, hosts: str, port: int) -> str:
        return f"host={hosts} port={port} user=postgres password='{PASSWORD}' dbname=postgres"

    def _data(self, node: int) -> Path:
        return self.folder / f"data-{node}"

    async def _start_etcd(self) -> None:
        client, peer = f"http://127.0.0.1:{self.etcd_port}", f"http://127.0.0.1:{free_port()}"
        own = {
            "ETCD_DATA_DIR": os.fspath(self.folder / "etcd"),
            "ETCD_LISTEN_CLIENT_URLS": client,
            "ETCD_ADVERTISE_CLIENT_URLS": client,
            "ETCD_LISTEN_PEER_URLS": peer,
            "ETCD_INITIAL_ADVERTISE_PEER_URLS": peer,
            "ETCD_INITIAL_CLUSTER": f"etcd-1={peer}",
        }
        await self._run("etcd", {**etcd_settings(), **own}, [require("etcd")])

    async def _start_balancer(self) -> None:
        settings = {
            "DB_1": ADDRESSES[0],
            "DB_2": ADDRESSES[1],
            "DB_3": NOBODY_THERE,
            "DB_PORT": str(self.postgres_port),
            "DB_CHECK_PORT": str(self.api_port),
            "DB_BIND": f"127.0.0.1:{self.port}",
            "DB_REPLICA_BIND": f"127.0.0.1:{self.replica_port}",
        }
        await self._run("haproxy", settings, [require("haproxy"), "-db", "-f", os.fspath(SHIPPED / "haproxy.cfg")])

    async def _run(self, name: str, settings: Mapping[str, str], command: Sequence[str]) -> None:
        words = [f"{variable}={value}" for variable, value in settings.items()]
        with self._log(name).open("ab") as output:
            self.children[name] = Child(
                Command(
                    program=Path(require("env")),
                    arguments=[*words, *command],
                    folder=self.folder,
                    account=self.account,
                    reaches=[find_postgres().parent, SHIPPED],
                    death_signal=signal.SIGKILL,
                ),
                output=output.fileno(),
            )

    def _log(self, name: str) -> Path:
        return self.folder.with_name(f"{self.folder.name}-{name}.log")

    async def _until_there_is(self, role: str) -> int:
        async with asyncio.timeout(PATIENCE_SECONDS), aiohttp.ClientSession() as session:
            while True:
                for node, address in enumerate(ADDRESSES):
                    if role in {one["role"] for one in await self._members(session, node) if one["host"] == address}:
                        return node
                for name, child in self.children.items():
                    assert child.exit_code in {None, -signal.SIGKILL}, self._log(name).read_text()
                await asyncio.sleep(_LOOK_SECONDS)

    async def _members(self, session: aiohttp.ClientSession, node: int) -> Sequence[Mapping[str, str]]:
        """What a node knows of all that run; nothing where it does not answer."""
        with suppress(aiohttp.ClientError):
            async with session.get(f"http://{ADDRESSES[node]}:{self.api_port}/cluster") as answer:
                return [one for one in (await answer.json())["members"] if one["state"] in {"running", "streaming"}]
        return []

    async def _answers(self, session: aiohttp.ClientSession, node: int, path: str) -> bool:
        with suppress(aiohttp.ClientError):
            async with session.get(f"http://{ADDRESSES[node]}:{self.api_port}{path}") as answer:
                return answer.status == 200
        return False


@asynccontextmanager
async def patroni_cluster(folder: Path) -> AsyncIterator[Cluster]:
    """All of it, until the block is left."""
    account = with_a_name(account_for(folder))
    make_private(folder, account)
    cluster = Cluster(folder=folder, account=account)
    try:
        await cluster.start()
        yield cluster
    finally:
        await cluster.stop()
