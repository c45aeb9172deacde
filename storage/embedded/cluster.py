"""The Postgres cluster's folder: made whole or not at all, owned by the right account, free of dead servers' traces."""

import asyncio
import os
import shutil
import signal
from pathlib import Path

from storage.embedded.account import Account, with_a_name
from storage.embedded.child import Child, Command, Farewell
from storage.embedded.failures import EmbeddedFailed
from storage.embedded.folders import give_tree, make_private, require_private
from storage.embedded.orphans import evict
from storage.embedded.program_log import ProgramLog

SUPERUSER = "postgres"

_OPTIONS = (
    f"--username={SUPERUSER}",
    # Whoever can enter the 0700 socket folder is the servers' account or root: a password would guard nothing more.
    "--auth=trust",
    "--encoding=UTF8",
    # Postgres's own: sorts by code point, knows Unicode's letters, and never changes with the system's libraries.
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    "--locale=C",
    "--data-checksums",
    "--no-instructions",
    # A thousand fsyncs take seconds on a busy disk. The kernel writes the files back within half a minute by itself;
    # only a power failure before that could cost the database, then as young. The server itself runs with fsync on.
    "--no-sync",
)
_KILL = (Farewell(signal=signal.SIGKILL, wait_seconds=5.0),)


class Cluster:
    """The folder `postgres` of the data folder."""

    def __init__(self, data_dir: Path, *, program: Path, account: Account, log: ProgramLog) -> None:
        self.folder = data_dir / "postgres"
        self._unfinished = data_dir / "postgres.unfinished"
        self._program = program
        self._account = account
        self._log = log

    async def ensure(self) -> None:
        """Make the cluster if there is none; see that the account owns it. Raises EmbeddedFailed."""
        if not self.folder.exists():
            await self._remove_unfinished()
            await self._make()
        if not self._account.is_us() and self.folder.stat().st_uid != self._account.uid:
            await asyncio.to_thread(give_tree, self.folder, self._account)  # root unpacked a backup, or moved it here
        require_private(self.folder, self._account)

    def forget_dead_server(self, sockets: Path, port: int) -> None:
        """Remove pid files whose process lives. No server works here, so they name somebody else's process.

        Postgres believes any live pid in them and would refuse to start. It clears those of dead processes by itself,
        after it has looked for left-over shared memory: that second look is worth keeping.
        """
        for file in (self.folder / "postmaster.pid", sockets / f".s.PGSQL.{port}.lock"):
            if file.exists():
                pid = file.read_text(errors="replace").partition("\n")[0].strip()
                if not pid.isdigit() or Path("/proc", pid).exists():
                    file.unlink()

    async def _remove_unfinished(self) -> None:
        if self._unfinished.exists():
            await evict(self._unfinished, self._program.name, steps=_KILL)
            await asyncio.to_thread(shutil.rmtree, self._unfinished)

    async def _make(self) -> None:
        """Run initdb in a folder of another name, so that a cluster under its own name is always a whole one."""
        maker = with_a_name(self._account)
        make_private(self._unfinished, maker)
        code = await self._run_initdb(maker)
        if code != 0:
            raise EmbeddedFailed(f"initdb ended with code {code}. The end of {self._log.path}:\n{self._log.tail()}")
        if maker != self._account:
            await asyncio.to_thread(give_tree, self._unfinished, self._account)
        self._unfinished.rename(self.folder)

    async def _run_initdb(self, maker: Account) -> int:
        command = Command(
            program=self._program.with_name("initdb"),
            arguments=["-D", os.fspath(self._unfinished), *_OPTIONS],
            folder=self._unfinished,
            account=maker,
            death_signal=signal.SIGKILL,
        )
        output = self._log.open()
        try:
            child = Child(command, output=output)
        finally:
            os.close(output)
        try:
            await child.wait()
        finally:
            code = await child.end(_KILL)
        return code
