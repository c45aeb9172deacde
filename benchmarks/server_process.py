"""A contestant's process: started on its own core, waited for, its CPU time read from the kernel."""

import asyncio
import os
from asyncio.subprocess import DEVNULL, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from time import perf_counter

import aiohttp

from benchmarks.contestant import Contestant, Place
from benchmarks.environment import environment_with
from benchmarks.ports import HOST, free_port
from benchmarks.token import signed_token
from storage.embedded import Endpoints

_START_SECONDS = 60.0
_STOP_SECONDS = 15.0
_ASK_AGAIN_SECONDS = 0.02
_KILOBYTES = 1024
_UTIME, _STIME = 11, 12
"""Their places in /proc/PID/stat after the command's name, fields 14 and 15 (proc_pid_stat(5))."""


class ServerFailed(Exception):  # noqa: N818 - it says what happened
    """A contestant did not start or ended by itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerProcess:
    """A running contestant."""

    contestant: Contestant
    process: Process
    port: int
    start_seconds: float
    """From its being started to its first answer."""

    @property
    def url(self) -> str:
        """Where it answers, without a slash at the end."""
        return f"http://{HOST}:{self.port}"

    def cpu_seconds(self) -> float:
        """What the process, all its threads together, has used so far: its own code and the kernel's for it."""
        stat = Path(f"/proc/{self.process.pid}/stat").read_text()
        return cpu_seconds_in(stat, ticks_per_second=os.sysconf("SC_CLK_TCK"))

    def resident_megabytes(self) -> float:
        """The most memory it has had so far."""
        return self._status_megabytes("VmHWM")

    def resident_now_megabytes(self) -> float:
        """The memory it has."""
        return self._status_megabytes("VmRSS")

    def _status_megabytes(self, name: str) -> float:
        for line in Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith(f"{name}:"):
                return int(line.split()[1]) / _KILOBYTES
        raise LookupError(f"the kernel does not tell a process's {name}")


def cpu_seconds_in(stat: str, *, ticks_per_second: int) -> float:
    """User and system time in the text of /proc/PID/stat; a command's name may hold spaces and brackets."""
    fields = stat.rpartition(")")[2].split()
    return (int(fields[_UTIME]) + int(fields[_STIME])) / ticks_per_second


@asynccontextmanager
async def running(
    contestant: Contestant, endpoints: Endpoints, *, core: int | None, log: Path
) -> AsyncIterator[ServerProcess]:
    """Start a contestant on `core`, or on any; its standard error in `log`; stop it when left. Raises ServerFailed."""
    port = free_port()
    place = Place(port=port, folder=log.parent, postgres_dsn=endpoints.postgres_dsn, redis_url=endpoints.redis_url)
    launch = contestant.launch(place)
    started = perf_counter()
    with log.open("wb") as errors:
        process = await asyncio.create_subprocess_exec(
            *launch.arguments, env=environment_with(launch.environment), stdout=DEVNULL, stderr=errors.fileno()
        )
    if core is not None:
        os.sched_setaffinity(process.pid, {core})  # before it has threads, which inherit it
    server = ServerProcess(contestant=contestant, process=process, port=port, start_seconds=0)
    try:
        await _until_it_answers(server, log)
        yield replace(server, start_seconds=perf_counter() - started)
    finally:
        await _stop(process)


async def _until_it_answers(server: ServerProcess, log: Path) -> None:
    deadline_seconds = asyncio.get_running_loop().time() + _START_SECONDS
    async with aiohttp.ClientSession() as session:
        while not await _answers(session, server):
            if server.process.returncode is not None or asyncio.get_running_loop().time() > deadline_seconds:
                raise ServerFailed(f"{server.contestant.name} does not answer. It said:\n{log.read_text()}")  # noqa: ASYNC240 - it is over
            await asyncio.sleep(_ASK_AGAIN_SECONDS)


async def _answers(session: aiohttp.ClientSession, server: ServerProcess) -> bool:
    try:
        credential = {"Authorization": f"Bearer {signed_token()}"}
        async with session.get(f"{server.url}/ping", headers=credential) as response:
            return response.status == 200
    except aiohttp.ClientError:
        return False


async def _stop(process: Process) -> None:
    if process.returncode is None:
        process.terminate()
        try:
            async with asyncio.timeout(_STOP_SECONDS):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()
