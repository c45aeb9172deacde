"""Valkey servers and Sentinels on ports of this machine, started as deploy/valkey starts them."""

import asyncio
import os
import signal
from asyncio.subprocess import DEVNULL, Process
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Literal
from urllib.parse import quote

from redis import asyncio as aioredis
from redis.exceptions import RedisError

from storage.embedded.binaries import find_valkey
from tests.environment import require
from tests.ports import free_port
from tests.source_tree import PROJECT

START = PROJECT / "deploy/valkey/start.sh"
_PATIENCE_SECONDS = 30.0
_POLL_SECONDS = 0.05
PASSWORD = "what the service shows"  # noqa: S105 - of servers that last as long as a test
OPERATOR = 'what "the\\ operator shows'


@dataclass(slots=True, kw_only=True)
class ValkeyNode:
    """One server or Sentinel; it runs from `start` on."""

    folder: Path
    kind: Literal["server", "sentinel"] = "server"
    port: int = field(default_factory=free_port)
    process: Process | None = None

    @property
    def name(self) -> str:
        """What start.sh calls it."""
        return f"127.0.0.1 {self.port}"

    @property
    def address(self) -> str:
        """Where it listens."""
        return f"127.0.0.1:{self.port}"

    async def start(self, primary: "ValkeyNode", secrets: Path) -> None:
        """Run it until it answers."""
        self.folder.mkdir(parents=True, exist_ok=True)
        environment = {
            "PATH": f"{find_valkey().parent}:{os.environ['PATH']}",
            "VALKEY_NAME": self.name,
            "VALKEY_PRIMARY": primary.name,
            "VALKEY_DATA": str(self.folder),
            "VALKEY_SECRETS": str(secrets),
        }
        await self.run([str(START), self.kind], environment)

    async def run(self, words: Sequence[str], environment: Mapping[str, str] | None = None) -> None:
        """Run a program until it answers on the port; it dies with the tests."""
        self.process = await asyncio.create_subprocess_exec(
            require("setpriv"),
            "--pdeathsig",
            "KILL",
            *words,
            cwd=self.folder,
            env=environment,
            stdin=DEVNULL,
            stdout=DEVNULL,
        )
        while not await self._answers():
            assert self.process.returncode is None, f"{words} ended with {self.process.returncode}"
            await asyncio.sleep(0.01)

    async def kill(self) -> None:
        """End it as a power failure would."""
        if self.process is not None and self.process.returncode is None:
            self.process.kill()
            await self.process.wait()

    def freeze(self) -> None:
        """Have it hang."""
        assert self.process is not None
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Have it go on."""
        assert self.process is not None
        self.process.send_signal(signal.SIGCONT)

    async def ask(self, *words: str | int, user: str = "exporter", password: str = OPERATOR) -> object:
        """The reply to one command."""
        is_known = self.kind == "server" and bool(user)
        async with aioredis.Redis(
            port=self.port,
            decode_responses=True,
            username=user if is_known else None,
            password=password if is_known else None,
        ) as client:
            return await client.execute_command(*words)  # type: ignore[no-untyped-call]  # redis-py's

    async def _answers(self) -> bool:
        try:
            async with asyncio.timeout(1.0):
                reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
                writer.write(b"PING\r\n")
                told = await reader.readline()
                writer.close()
        except OSError:
            return False
        return told.startswith((b"+PONG", b"-NOAUTH"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """A primary, a replica, and three Sentinels who look after them."""

    primary: ValkeyNode
    replica: ValkeyNode
    sentinels: Sequence[ValkeyNode]

    @property
    def url(self) -> str:
        """The address for the service."""
        sentinels = ",".join(one.address for one in self.sentinels)
        return f"redis+sentinel://shop:{quote(PASSWORD)}@{sentinels}/shop/0"


def secrets_in(folder: Path) -> Path:
    """The folder with the passwords."""
    secrets = folder / "secrets"
    secrets.mkdir(parents=True)
    (secrets / "valkey_password").write_text(PASSWORD)
    (secrets / "valkey_operator_password").write_text(f"{OPERATOR}\n")
    return secrets


@asynccontextmanager
async def one_server(folder: Path) -> AsyncIterator[ValkeyNode]:
    """A server alone, with the users of deploy/valkey."""
    node = ValkeyNode(folder=folder / "alone")
    async with AsyncExitStack() as held:
        held.push_async_callback(node.kill)
        await node.start(node, secrets_in(folder))
        yield node


@asynccontextmanager
async def watched_group(folder: Path) -> AsyncIterator[Watched]:
    """All five running, and the Sentinels know the replica and each other."""
    secrets = secrets_in(folder)
    primary, replica = (ValkeyNode(folder=folder / name) for name in ("first", "second"))
    sentinels = [ValkeyNode(folder=folder / f"sentinel-{number}", kind="sentinel") for number in range(3)]
    async with AsyncExitStack() as held:
        for node in (primary, replica, *sentinels):
            held.push_async_callback(node.kill)
            await node.start(primary, secrets)
        for sentinel in sentinels:
            await _until(partial(_knows_all, sentinel))
        yield Watched(primary=primary, replica=replica, sentinels=sentinels)


@asynccontextmanager
async def cluster_of_three(folder: Path) -> AsyncIterator[Sequence[ValkeyNode]]:
    """Three nodes with a third of the slots each, without users."""
    nodes = [ValkeyNode(folder=folder / f"node-{number}") for number in range(3)]
    words = [str(find_valkey()), "--cluster-enabled", "yes", "--save", "", "--cluster-node-timeout", "1000"]
    third = 16_384 // 3
    async with AsyncExitStack() as held:
        for number, node in enumerate(nodes):
            node.folder.mkdir(parents=True)
            held.push_async_callback(node.kill)
            bus = free_port()
            await node.run([*words, "--port", str(node.port), "--cluster-port", str(bus), "--bind", "127.0.0.1"])
            last = 16_383 if number == 2 else (number + 1) * third - 1
            await node.ask("CLUSTER", "ADDSLOTSRANGE", number * third, last, user="")
            if number:
                await nodes[0].ask("CLUSTER", "MEET", "127.0.0.1", node.port, bus, user="")
        for node in nodes:
            await _until(partial(_is_whole, node))
        yield nodes


async def _until(condition: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(_PATIENCE_SECONDS):
        while not await condition():  # noqa: ASYNC110 - what another process says cannot be waited for
            await asyncio.sleep(_POLL_SECONDS)


async def _knows_all(sentinel: ValkeyNode) -> bool:
    try:
        told = await sentinel.ask("INFO", "sentinel")
    except RedisError:
        return False
    match told:
        case {"master0": {"status": "ok", "slaves": 1, "sentinels": 3}}:
            return True
    return False


async def _is_whole(node: ValkeyNode) -> bool:
    told = str(await node.ask("CLUSTER", "INFO", user=""))
    return "cluster_state:ok" in told and "cluster_known_nodes:3" in told
