"""A shop that is served, called all the time, and looked at under a job of its own."""

import asyncio
import json
import os
import time
from asyncio import Event, Task
from asyncio.subprocess import DEVNULL, Process
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path

import aiohttp

from tests.acceptance.service_process import COMMAND, kill_all
from tests.otlp_sink import OtlpSink
from tests.ports import free_port
from tests.proof.findings import until_found
from tests.sentry_sink import SentrySink
from tests.source_tree import PROJECT

DOORS = PROJECT / "tests" / "proof" / "shop_with_doors.py"
SEED = PROJECT / "examples" / "shop" / "data"
STEADY_A_SECOND = 20
READS_A_WRITE = 10
READY_SECONDS = 60.0
_PIPE_CHUNK = 65_536


@dataclass(frozen=True, slots=True, kw_only=True)
class Sinks:
    """A Sentry and a collector of traces."""

    sentry: SentrySink
    traces: OtlpSink

    @property
    def settings(self) -> Mapping[str, str]:
        """What tells a shop of them; every request is traced."""
        return {"SENTRY_DSN": self.sentry.dsn, "OTLP_ENDPOINT": self.traces.url, "TRACE_SAMPLE": "1"}


@dataclass(slots=True, kw_only=True)
class Shop:
    """One, whose process may end and start again at the same addresses."""

    job: str
    data_dir: Path
    targets: Path
    """The file that tells Prometheus where it is."""

    settings: Mapping[str, str] = field(default_factory=dict)
    """MAINSTAY_ variables, without their prefix."""

    environment: Mapping[str, str] = field(default_factory=dict)
    """Others."""

    port: int = field(default_factory=free_port)
    admin_port: int = field(default_factory=free_port)
    process: Process | None = None
    session: aiohttp.ClientSession | None = None
    is_called: bool = True
    product_id: str = ""
    prices: Iterator[int] = field(default_factory=lambda: cycle(range(1, 100)))
    prometheus: str = ""
    """Where Prometheus is."""

    began: float = 0.0
    """When its process was started, in seconds since 1970."""

    neighbours: list["Shop"] = field(default_factory=list)
    """Others that Prometheus looks at under the same job."""

    gone: list[str] = field(default_factory=list)
    """Where it looked at those that were there for a while."""

    command: Sequence[str | Path] = (COMMAND, "serve", DOORS, "--seed", SEED)
    """What runs it."""

    niceness: int = 0
    """How much it lets the others go first, as nice(1) has it."""

    sinks: Sinks | None = None
    """Where it sends reports of bugs and traces, if anywhere."""

    staff: str = ""
    """A key that may change prices, where there is one."""

    follower: Process | None = None
    """The replica of its Valkey, where there is one."""

    said: bytes = b""
    """What its log said last."""

    reads_log: Event = field(default_factory=Event)
    tasks: list[Task[None]] = field(default_factory=list)

    @property
    def pid(self) -> int:
        """Of its process."""
        assert self.process is not None
        return self.process.pid

    @property
    def url(self) -> str:
        """Where its API is."""
        scheme = "https" if "TLS_CERT" in self.settings else "http"
        return f"{scheme}://127.0.0.1:{self.port}"

    @property
    def admin(self) -> str:
        """Where its probes and metrics are."""
        return f"http://{self.seen_at}"

    @property
    def seen_at(self) -> str:
        """Where Prometheus looks at it, and what it calls it."""
        return f"127.0.0.1:{self.admin_port}"

    async def start(self) -> None:
        """Run it until it is ready."""
        reading, writing = os.pipe()
        self.began = time.time()
        told = {"PORT": self.port, "ADMIN_PORT": self.admin_port, "DATA_DIR": self.data_dir, "ADMIN_TLS": "false"}
        ours = {f"MAINSTAY_{name}": str(value) for name, value in {**told, **self.settings}.items()}
        self.process = await asyncio.create_subprocess_exec(
            *("nice", "-n", f"{self.niceness}", *self.command),
            stdin=DEVNULL,
            stdout=DEVNULL,
            stderr=writing,
            env={**os.environ, **ours, **self.environment},
        )
        os.close(writing)
        self.reads_log.set()
        self.tasks.append(asyncio.create_task(self._drain(reading)))
        async with asyncio.timeout(READY_SECONDS), aiohttp.ClientSession() as session:
            while not await _is_ready(session, self.admin):
                assert self.process.returncode is None, self.said.decode(errors="replace")
                await asyncio.sleep(0.05)

    async def kill(self) -> None:
        """End it as a power failure would, and its servers with it."""
        assert self.process is not None
        await kill_all(self.process, self.data_dir)

    async def until_seen(self) -> None:
        """Wait until Prometheus has scraped this process, and no earlier one."""
        await until_found(
            self.prometheus, f'process_start_time_seconds{{instance="{self.seen_at}"}} >= {self.began - 1:.3f}'
        )

    async def until_forgotten(self) -> None:
        """Wait until Prometheus, and what it alerts of, knows nothing more of the neighbours that are gone."""
        if self.gone:
            await until_found(self.prometheus, f'absent({{__name__=~"up|ALERTS",instance=~"{"|".join(self.gone)}"}})')

    async def ask(
        self,
        path: str,
        *,
        method: str = "GET",
        json: object = None,
        headers: Mapping[str, str] | None = None,
        seconds: float = 30.0,
    ) -> int:
        """Ask for something; the status, 0 where there was no answer."""
        assert self.session is not None
        patience = aiohttp.ClientTimeout(total=seconds)
        try:
            async with self.session.request(
                method, f"{self.url}{path}", json=json, headers=headers, timeout=patience, ssl=False
            ) as answer:
                await answer.read()
                return answer.status
        except (aiohttp.ClientError, TimeoutError):
            return 0

    async def write_review(self, headers: Mapping[str, str] | None = None) -> int:
        """Review some product; the status, 0 where there was no answer."""
        written = {"product_id": self.product_id, "rating": 4, "author": "Ada"}
        return await self.ask("/reviews", method="POST", json=written, headers=headers)

    async def change_price(self) -> int:
        """Of the same product; the status, 0 where there was no answer."""
        path, priced = f"/products/{self.product_id}", {"price": f"{next(self.prices)}.00"}
        return await self.ask(path, method="PATCH", json=priced, headers={"Authorization": f"Bearer {self.staff}"})

    def show(self) -> None:
        """Have Prometheus look at it and its neighbours."""
        addresses = [shop.seen_at for shop in (self, *self.neighbours)]
        self.targets.write_text(json.dumps([{"targets": addresses, "labels": {"job": self.job}}]))

    async def _drain(self, descriptor: int) -> None:
        """Read its log, as whoever collects logs does."""
        loop = asyncio.get_running_loop()
        reader = asyncio.StreamReader()
        transport, _ = await loop.connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(descriptor, "rb")
        )
        try:
            while True:
                if not self.reads_log.is_set():
                    transport.pause_reading()
                    await self.reads_log.wait()
                    transport.resume_reading()
                told = await reader.read(_PIPE_CHUNK)
                if not told:
                    return
                self.said = told
        finally:
            transport.close()

    async def call_steadily(self) -> None:
        """Call it as its customers do, until cancelled."""
        paths = ["/products?limit=5", "/categories", "/reviews?limit=3", "/products?limit=2&sort=price"]
        under_way: set[Task[int]] = set()
        number = 0
        while True:
            if self.is_called and len(under_way) < 10 * STEADY_A_SECOND:
                number += 1
                call = self.ask(paths[number % len(paths)]) if number % READS_A_WRITE else self.write_review()
                task = asyncio.create_task(call)
                under_way.add(task)
                task.add_done_callback(under_way.discard)
            await asyncio.sleep(1 / STEADY_A_SECOND)


async def _is_ready(session: aiohttp.ClientSession, admin: str) -> bool:
    with suppress(aiohttp.ClientError):
        async with session.get(f"{admin}/startupz") as answer:
            return answer.status == 200
    return False


@asynccontextmanager
async def served(shop: Shop) -> AsyncIterator[Shop]:
    """Run it and call it until left."""
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
        shop.session = session
        calling: Task[None] | None = None
        try:
            await shop.start()
            async with session.get(f"{shop.url}/products?limit=1", ssl=False) as found:
                shop.product_id = next((one["id"] for one in (await found.json())["items"]), "")
            calling = asyncio.create_task(shop.call_steadily())
            yield shop
        finally:
            if calling is not None:
                calling.cancel()
            if shop.process is not None and shop.process.returncode is None:
                await shop.kill()
            for task in shop.tasks:
                task.cancel()
