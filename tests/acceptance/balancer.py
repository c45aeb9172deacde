"""HAProxy with the file that is shipped, on loopback, and what it tells of the replicas behind it."""

import asyncio
import csv
import os
import re
from asyncio.subprocess import DEVNULL, Process
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from tests.environment import require
from tests.ports import free_port
from tests.source_tree import PROJECT

CONFIGURATION = PROJECT / "deploy" / "haproxy" / "haproxy.cfg"
CONNECTIONS = 1_000
_READY_SECONDS = 15.0
_PATIENCE_SECONDS = 60.0
_LOOK_SECONDS = 0.02
_LINE = re.compile(r"^(?P<client>[0-9.]+):\d+ \[[^]]+\] callers (?:replicas|unchecked)/(?P<replica>\S+) ", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What the balancer thinks of a replica."""

    status: str
    weight: int
    served: int
    """Requests sent to it, from the balancer's start on."""

    retried: int
    agent: str
    """What it said last of its load."""

    @property
    def is_up(self) -> bool:
        """Whether it is sent requests."""
        return self.status.startswith("UP")


@dataclass(frozen=True, slots=True, kw_only=True)
class Balancer:
    """A running HAProxy."""

    base_url: str
    operations_url: str
    socket: Path
    log: Path
    session: aiohttp.ClientSession
    process: Process

    async def standings(self) -> Mapping[str, Standing]:
        """What it thinks of each replica just now, by name."""
        text = (await self.tell("show stat")).removeprefix("# ")
        return {
            row["svname"]: Standing(
                status=row["status"],
                weight=int(row["weight"]),
                served=int(row["stot"]),
                retried=int(row["wretr"]),
                agent=row["last_agt"],
            )
            for row in csv.DictReader(text.splitlines())
            if row["pxname"] == "replicas" and row["svname"] != "BACKEND"
        }

    async def until(self, condition: Callable[[Mapping[str, Standing]], bool]) -> None:
        """Wait until it thinks so."""
        async with asyncio.timeout(_PATIENCE_SECONDS):
            while not condition(await self.standings()):  # noqa: ASYNC110 - it tells nobody of a change
                await asyncio.sleep(_LOOK_SECONDS)

    async def metrics(self) -> str:
        """What Prometheus is told."""
        async with self.session.get(f"{self.operations_url}/metrics") as answer:
            return await answer.text()

    async def tell(self, command: str) -> str:
        """What it says to an operator at its socket."""
        reader, writer = await asyncio.open_unix_connection(self.socket)
        writer.write(f"{command}\n".encode())
        said = (await reader.read()).decode().strip()
        writer.close()
        await writer.wait_closed()
        return said

    async def sent(self, times: int) -> Sequence[tuple[str, str]]:
        """The address of each caller and the replica it was sent to, once so many requests have been logged."""
        async with asyncio.timeout(_PATIENCE_SECONDS):
            while len(found := _LINE.findall(self.log.read_text())) < times:  # noqa: ASYNC110 - a file tells nobody
                await asyncio.sleep(_LOOK_SECONDS)
        return found


def share(sent: Sequence[tuple[str, str]]) -> Counter[str]:
    """How many requests went to each replica."""
    return Counter(replica for _, replica in sent)


@asynccontextmanager
async def balancer(folder: Path, variables: Mapping[str, str]) -> AsyncIterator[Balancer]:
    """Run it in front of the replicas that `variables` name, until left."""
    ports = free_port(), free_port()
    told = {
        "BALANCER_BIND": f"127.0.0.1:{ports[0]}",
        "BALANCER_OPERATIONS": f"127.0.0.1:{ports[1]}",
        "BALANCER_SOCKET": str(folder / "haproxy.sock"),
        "BALANCER_CONNECTIONS": str(CONNECTIONS),
        **variables,
    }
    log = folder / f"haproxy-{ports[0]}.log"
    with log.open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            require("haproxy"),
            *("-db", "-f", str(CONFIGURATION)),
            stdin=DEVNULL,
            stdout=output,
            stderr=output,
            env=os.environ | told,
        )
    try:
        async with aiohttp.ClientSession() as session:
            running = Balancer(
                base_url=f"http://127.0.0.1:{ports[0]}",
                operations_url=f"http://127.0.0.1:{ports[1]}",
                socket=Path(told["BALANCER_SOCKET"]),
                log=log,
                session=session,
                process=process,
            )
            await _ready(running)
            yield running
    finally:
        with suppress(ProcessLookupError):
            process.terminate()
        await process.wait()


async def _ready(running: Balancer) -> None:
    async with asyncio.timeout(_READY_SECONDS):
        while True:
            with suppress(aiohttp.ClientError):
                async with running.session.get(f"{running.operations_url}/livez") as answer:
                    if answer.status == 200:
                        return
            assert running.process.returncode is None, running.log.read_text()
            await asyncio.sleep(_LOOK_SECONDS)
