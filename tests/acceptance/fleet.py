"""Three replicas of the shop that share one Postgres and one Valkey, each at an address of its own on loopback."""

import asyncio
import signal
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from tests.acceptance.service_process import ServiceProcess, service
from tests.ports import free_port
from tests.source_tree import PROJECT

SHOP = PROJECT / "examples" / "shop"
NAMES = ("shop-1", "shop-2", "shop-3")
_PAUSE_SECONDS = 0.12
_SECRETS = {
    "ACCOUNTS_SECRET": "the same one for each of the replicas",
    "ENCRYPTION_KEYS": "test:Zm9yIHRyeWluZyBvdXQgb24gb25lIG1hY2hpbmUgLi4=",
}


@dataclass(slots=True, kw_only=True)
class Replica:
    """One, which may end and start again at the same address."""

    folder: Path
    settings: Mapping[str, str]
    arguments: Sequence[str] = ()
    _held: AsyncExitStack = field(default_factory=AsyncExitStack)
    _running: ServiceProcess | None = None

    @property
    def running(self) -> ServiceProcess:
        """Its process."""
        assert self._running is not None
        return self._running

    async def start(self) -> None:
        """Run it until it says where it is."""
        self._running = await self._held.enter_async_context(
            service(SHOP / "service.py", self.folder, *self.arguments, **self.settings)
        )

    async def stop(self) -> None:
        """Have it stop as it does when a deployment replaces it."""
        await self._held.aclose()

    async def restart(self) -> None:
        """Replace it."""
        await self.stop()
        await self.start()

    async def kill(self) -> None:
        """End it by SIGKILL."""
        process = self.running.process
        process.kill()
        await process.wait()
        await self.stop()

    @asynccontextmanager
    async def starved(self) -> AsyncIterator[None]:
        """Let it have a fifth of the time, a moment now and then, until left."""
        starving = asyncio.create_task(self._starve())
        try:
            yield
        finally:
            starving.cancel()
            with suppress(asyncio.CancelledError):
                await starving

    async def _starve(self) -> None:
        while True:
            with self.paused():
                await asyncio.sleep(_PAUSE_SECONDS)
            await asyncio.sleep(_PAUSE_SECONDS / 4)

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Let it do nothing, with all its connections open, until left."""
        process = self.running.process
        process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            process.send_signal(signal.SIGCONT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fleet:
    """The replicas, by the names the balancer knows them by."""

    replicas: Mapping[str, Replica]
    variables: Mapping[str, str]
    """What tells the balancer where they are."""


@asynccontextmanager
async def fleet(folder: Path, **settings: str) -> AsyncIterator[Fleet]:
    """Run the shop, with goods in it, until left."""
    ports = {"PORT": free_port(), "ADMIN_PORT": free_port(), "AGENT_PORT": free_port()}
    addresses = {name: f"127.0.0.{number}" for number, name in enumerate(NAMES, start=2)}
    told = {
        **_SECRETS,
        **{name: str(port) for name, port in ports.items()},
        "TRUSTED_PROXIES": "127.0.0.0/8",
        "DRAIN_DELAY_SECONDS": "1.5",
        "REPLICAS": str(len(NAMES)),
        **settings,
    }
    replicas = {
        name: Replica(folder=folder / name, settings={**told, "HOST": address}) for name, address in addresses.items()
    }
    first, *others = replicas.values()
    first.settings = {**first.settings, "MIGRATE": "safe"}
    first.arguments = ("--seed", str(SHOP / "data"))
    variables = {f"SHOP_{name.removeprefix('shop-')}": address for name, address in addresses.items()}
    async with AsyncExitStack() as held:
        held.push_async_callback(_stop, replicas.values())
        await first.start()
        await asyncio.gather(*(replica.start() for replica in others))
        yield Fleet(replicas=replicas, variables={**variables, **{f"SHOP_{name}": str(p) for name, p in ports.items()}})


async def _stop(replicas: Iterable[Replica]) -> None:
    await asyncio.gather(*(replica.stop() for replica in replicas))
