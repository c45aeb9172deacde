"""A server whose program is a line of shell, to see what a supervisor makes of its behaviour."""

import os
import signal
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from storage.embedded.account import Account
from storage.embedded.child import Command, Farewell
from storage.embedded.program_log import ProgramLog
from tests.environment import require


class ScriptedServer:
    """Ready as soon as its script has made the file `ready`."""

    name: Literal["valkey"] = "valkey"
    farewell: Sequence[Farewell] = (
        Farewell(signal=signal.SIGTERM, wait_seconds=0.2),
        Farewell(signal=signal.SIGKILL, wait_seconds=5.0),
    )

    def __init__(self, folder: Path, script: str) -> None:
        self._folder = folder
        self._script = script
        self._account = Account(uid=os.geteuid(), gid=os.getegid())
        self.log = ProgramLog(folder / "log", self._account)

    async def prepare(self) -> None:
        """Make the folder; a new attempt is not ready yet."""
        self._folder.mkdir(exist_ok=True)
        (self._folder / "ready").unlink(missing_ok=True)

    def command(self) -> Command:
        """The shell, told the script."""
        return Command(
            program=Path(require("sh")),
            arguments=["-c", self._script],
            folder=self._folder,
            account=self._account,
            death_signal=signal.SIGKILL,
        )

    async def why_not_ready(self) -> str | None:
        """None once the file is there."""
        return None if (self._folder / "ready").exists() else "it has not made the file"
