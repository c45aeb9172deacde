"""The embedded Valkey: how it is run, what it listens to, when it serves."""

import asyncio
import os
import signal
from pathlib import Path
from typing import Literal
from urllib.parse import quote

from storage.embedded.account import Account
from storage.embedded.binaries import find_valkey
from storage.embedded.child import Command, Farewell
from storage.embedded.folders import make_private, require_private
from storage.embedded.orphans import evict
from storage.embedded.program_log import ProgramLog

_SETTINGS = {
    # No TCP at all; the socket lies in a 0700 folder.
    "port": "0",
    "unixsocketperm": "700",
    # Nothing acknowledged lives only here, so nothing is worth a disk write: it is a cache that starts cold. This also
    # makes a restart instant, and kill -9 as good an end as any.
    "save": "",
    "appendonly": "no",
    # A cache makes room for what is asked for now; without a limit it would take the machine's memory.
    "maxmemory": "128mb",
    "maxmemory-policy": "allkeys-lru",
    "daemonize": "no",
    "loglevel": "notice",
}
_PROBE_SECONDS = 2.0
SOCKET_NAME = "valkey.sock"


def url_at(sockets: Path) -> str:
    """The URL for redis.asyncio.from_url of the Valkey whose socket lies there."""
    return f"unix://{quote(os.fspath(sockets / SOCKET_NAME))}?db=0"


class ValkeyServer:
    """Valkey with its working files in `folder` and its socket in `sockets`."""

    name: Literal["valkey"] = "valkey"
    farewell = (Farewell(signal=signal.SIGTERM, wait_seconds=5.0), Farewell(signal=signal.SIGKILL, wait_seconds=5.0))

    def __init__(self, data_dir: Path, *, sockets: Path, account: Account) -> None:
        self._program = find_valkey()
        self._folder = data_dir / "valkey"
        self._sockets = sockets
        self._socket = sockets / SOCKET_NAME
        self._account = account
        self.log = ProgramLog(data_dir / "valkey.log", account)

    @property
    def url(self) -> str:
        """A URL for redis.asyncio.from_url."""
        return url_at(self._sockets)

    async def prepare(self) -> None:
        """End what a killed run left, and make the folder."""
        make_private(self._folder, self._account)
        require_private(self._folder, self._account)
        await evict(self._folder, self._program.name, steps=self.farewell)
        self._socket.unlink(missing_ok=True)

    def command(self) -> Command:
        """How to run it; killed with us, as it has nothing to lose."""
        options = _SETTINGS | {"unixsocket": os.fspath(self._socket), "dir": os.fspath(self._folder)}
        return Command(
            program=self._program,
            arguments=[word for name, value in options.items() for word in (f"--{name}", value)],
            folder=self._folder,
            account=self._account,
            reaches=[self._socket.parent],
            death_signal=signal.SIGKILL,
        )

    async def why_not_ready(self) -> str | None:
        """None once it answers a PING."""
        try:
            async with asyncio.timeout(_PROBE_SECONDS):
                reader, writer = await asyncio.open_unix_connection(self._socket)
                try:
                    writer.write(b"PING\r\n")
                    answer = await reader.readline()
                finally:
                    writer.close()
        except OSError as error:  # TimeoutError is one
            return str(error)
        return None if answer == b"+PONG\r\n" else answer.decode(errors="replace").strip()
