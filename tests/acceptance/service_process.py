"""The real `mainstay` command: a service started, watched, stopped or killed, and commands run to their end."""

import asyncio
import ctypes
import os
import re
import signal
import sys
from asyncio import StreamReader
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from tests.environment import lack
from tests.integration.processes import until, working_in

COMMAND = Path(sys.executable).with_name("mainstay")
PATIENCE_SECONDS = 60.0
_LIBC, _PR_SET_PDEATHSIG = ctypes.CDLL(None), 1  # linux/prctl.h
_ADDRESS = re.compile(r"  (API|admin) +(https?://\S+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """A command that has ended."""

    code: int
    output: str
    errors: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceProcess:
    """A running `mainstay serve`."""

    process: Process
    base_url: str
    admin_url: str
    data_dir: Path
    log: Path
    """Where its standard error goes."""

    @property
    def resident_bytes(self) -> int:
        """How much memory it holds just now, the servers it started left out."""
        pages = int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")

    async def stop(self) -> int:
        """Tell it to stop, once; its exit code."""
        if self.process.returncode is None:
            self.process.terminate()
        return await self.process.wait()

    async def kill(self) -> None:
        """End it and the servers it started, all by SIGKILL."""
        await kill_all(self.process, self.data_dir)


@asynccontextmanager
async def service(file: Path, data_dir: Path, *arguments: str, **settings: str) -> AsyncIterator[ServiceProcess]:
    """Serve FILE on free ports, its embedded servers in `data_dir`; stop it when left, which must succeed.

    `arguments` follow FILE; `settings` are MAINSTAY_ variables without their prefix, and `packages` (`launched`). The
    folder's path must be short, since sockets lie in it.
    """
    log = data_dir.with_name(f"{data_dir.name}.log")
    async with service_logging_to(log, file, data_dir, *arguments, **settings) as running:
        yield running


@asynccontextmanager
async def service_logging_to(
    log: Path, file: Path, data_dir: Path, *arguments: str, **settings: str
) -> AsyncIterator[ServiceProcess]:
    """The same, its standard error appended to a file of one's own, which may be any device."""
    with log.open("ab") as errors:
        process = await launched(
            "serve", str(file), *arguments, data_dir=data_dir, output=PIPE, errors=errors.fileno(), **settings
        )
    try:
        running = await _announced(process, data_dir, log)
        yield running
    except BaseException:
        if process.returncode is None:
            await kill_all(process, data_dir)
        raise
    if process.returncode is None:
        async with asyncio.timeout(PATIENCE_SECONDS):
            code = await running.stop()
        assert code == 0, log.read_text()


async def mainstay(*arguments: str, data_dir: Path, typed: str = "", **settings: str) -> Finished:
    """Run a command to its end; `typed` comes in."""
    process = await launched(*arguments, data_dir=data_dir, output=PIPE, errors=PIPE, **settings)
    output, errors = await process.communicate(typed.encode())
    code = await process.wait()
    return Finished(code=code, output=output.decode(), errors=errors.decode())


async def key(data_dir: Path, subject: str, *options: str) -> str:
    """A new API key that stands for `subject`."""
    finished = await mainstay("key", "create", "--subject", subject, *options, data_dir=data_dir)
    assert finished.code == 0, finished.errors
    return finished.output.strip()


async def launched(
    *arguments: str,
    data_dir: Path,
    output: int = DEVNULL,
    errors: int = DEVNULL,
    packages: str | None = None,
    **settings: str,
) -> Process:
    """Start a command, for a test that interrupts it; unless told otherwise, what it says goes nowhere.

    Its packages are those that lie in the folder `packages`, else those that the tests themselves would find.
    """
    if not COMMAND.exists():
        lack("this needs the mainstay command: pip install -e .")
    told = {"PORT": "0", "ADMIN_PORT": "0", "DATA_DIR": str(data_dir), **settings}
    kept = {name: value for name, value in os.environ.items() if not name.startswith("MAINSTAY_")}
    environment = kept | {f"MAINSTAY_{name}": value for name, value in told.items()}
    if packages is not None:
        environment["PYTHONPATH"] = packages
    return await asyncio.create_subprocess_exec(
        COMMAND, *arguments, stdin=PIPE, stdout=output, stderr=errors, env=environment, preexec_fn=_like_a_terminal
    )


def _like_a_terminal() -> None:
    """Signals mean something to the command though the tests may be deaf to them; it ends when they do, in any way."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


async def kill_all(process: Process, data_dir: Path) -> None:
    """End a process and all that works in its data folder by SIGKILL, and wait until they are gone."""
    for pid in {process.pid, *working_in(data_dir)}:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    await process.wait()
    await until(lambda: not working_in(data_dir))


async def _announced(process: Process, data_dir: Path, log: Path) -> ServiceProcess:
    assert process.stdout is not None
    async with asyncio.timeout(PATIENCE_SECONDS):
        addresses = await _addresses(process.stdout)
    assert len(addresses) == 2, log.read_text()
    return ServiceProcess(
        process=process, base_url=addresses["API"], admin_url=addresses["admin"], data_dir=data_dir, log=log
    )


async def _addresses(banner: StreamReader) -> dict[str, str]:
    found: dict[str, str] = {}
    async for line in banner:
        match = _ADDRESS.match(line.decode())
        if match:
            found[match[1]] = match[2]
        if len(found) == 2:
            break
    return found
