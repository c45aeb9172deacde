"""A service of two workers, its file, and what is seen of them from outside."""

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp

from tests.acceptance.admin_port import numbers
from tests.acceptance.open_loop import OpenLoop
from tests.acceptance.service_process import ServiceProcess, service
from tests.integration.processes import until

WORKED = Path(__file__).with_name("worked_service.py")
PATIENCE_SECONDS = 60.0
_LOOK_SECONDS = 0.02


@dataclass(frozen=True, slots=True, kw_only=True)
class Crew:
    """A service of two workers, and the file it is declared in."""

    running: ServiceProcess
    file: Path

    @property
    def workers(self) -> set[int]:
        """Their process ids."""
        pid = self.running.process.pid
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        return {int(child) for child in children if b"worker_entry" in Path(f"/proc/{child}/cmdline").read_bytes()}

    def load(self, per_second: int = 50) -> OpenLoop:
        """Callers who keep their connections."""
        return OpenLoop(base_url=self.running.base_url, path="/answers/5", per_second=per_second)

    async def reload(self) -> str:
        """Have all workers replaced; what the log says of it."""
        before = self.log("reload_ended")
        self.running.process.send_signal(signal.SIGHUP)
        await until(lambda: self.log("reload_ended") != before, within_seconds=PATIENCE_SECONDS)
        return self.log("reload_ended")[-1]

    async def is_asked(self) -> None:
        """Wait until a request is under way at one of them."""
        (listed,) = await document(f"{self.running.admin_url}/targets")
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not sum([await _active(f"http://{target}") for target in listed["targets"]]):  # noqa: ASYNC110 - other processes
                await asyncio.sleep(_LOOK_SECONDS)

    def log(self, event: str) -> list[str]:
        """The lines of this kind."""
        return [line for line in self.running.log.read_text().splitlines() if f'"event":"{event}"' in line]


@asynccontextmanager
async def crewed(data_dir: Path, folder: Path, **settings: str) -> AsyncIterator[Crew]:
    """Two workers on a file of their own."""
    file = folder / "service.py"
    file.write_text(WORKED.read_text())
    async with service(file, data_dir, "--workers", "2", **{"MIGRATE": "safe", **settings}) as running:
        yield Crew(running=running, file=file)


async def _active(admin_url: str) -> float:
    async with aiohttp.ClientSession(admin_url) as session:
        return sum(await numbers(session, "http_server_active_requests"))


async def document(url: str) -> Any:
    """What is there, as JSON."""
    async with aiohttp.ClientSession() as client, client.get(url) as answer:
        return await answer.json(content_type=None)


async def versions(crew: Crew) -> set[str]:
    """Which versions answer, on a few new connections."""
    return {str((await document(f"{crew.running.base_url}/answers/0"))["version"]) for _ in range(8)}


def is_running(pid: int) -> bool:
    """Whether there is such a process, and no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False
