"""One process per data folder: a lock that says who holds it."""

import fcntl
import json
import os
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from storage.embedded.account import Account
from storage.embedded.failures import FolderBusy, FolderUnsafe
from storage.embedded.folders import give
from storage.mistakes import shown

_OWNER_ONLY = 0o600
_LONGEST_NOTE_BYTES = 4096


def _utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """Who holds a lock: which service, process id, command line, and since when (RFC 3339, UTC)."""

    service: str
    pid: int
    command: str
    since: str

    def __str__(self) -> str:
        process = f"process {self.pid} ({self.command})"
        return f"{self.service}, {process}, since {self.since}" if self.service else f"{process} since {self.since}"


class DataLock:
    """An flock on `lock` in the data folder: the kernel lets go of it when its holder dies, however it dies.

    `service` is the name of the service the folder is wanted for, where there is one.
    """

    def __init__(
        self, data_dir: Path, account: Account, *, service: str = "", clock: Callable[[], datetime] = _utc_now
    ) -> None:
        self._data_dir = data_dir
        self._account = account
        self._service = service
        self._clock = clock
        self._descriptor: int | None = None

    def acquire(self) -> None:
        """Take the lock at once or raise FolderBusy, which names the holder."""
        path = self._data_dir / "lock"
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, _OWNER_ONLY)
            give(path, self._account)
        except OSError as error:
            raise FolderUnsafe(f"The lock file {path} cannot be opened: {error.strerror}.") from error
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            note = os.read(descriptor, _LONGEST_NOTE_BYTES)
            os.close(descriptor)
            raise FolderBusy(self._refusal(_read(note))) from error
        self._descriptor = descriptor
        self._sign(descriptor)

    @property
    def is_held(self) -> bool:
        """Whether this object holds the lock."""
        return self._descriptor is not None

    def release(self) -> None:
        """Let go of the lock; nothing happens if it is not held. The file stays: removing it would be a race."""
        if self._descriptor is not None:
            os.ftruncate(self._descriptor, 0)
            os.close(self._descriptor)
            self._descriptor = None

    def _sign(self, descriptor: int) -> None:
        since = self._clock().isoformat(timespec="seconds").replace("+00:00", "Z")
        holder = Holder(service=self._service, pid=os.getpid(), command=" ".join(sys.orig_argv), since=since)
        note = json.dumps(asdict(holder))
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, note.encode()[:_LONGEST_NOTE_BYTES], 0)

    def _refusal(self, holder: Holder | None) -> str:
        taken = f"{self._data_dir} is in use by {holder or 'another process'}."
        if not self._service or (holder and holder.service == self._service):
            return f"{taken} Stop it, or choose another MAINSTAY_DATA_DIR."
        return f"{taken} Stop it, or {own_folder(self._data_dir, self._service)}"


def own_folder(data_dir: Path, service: str) -> str:
    """How a service gets a data folder that no other uses."""
    return f"give {service} a data folder of its own: MAINSTAY_DATA_DIR={shown(data_dir / service)}"


def _read(note: bytes) -> Holder | None:
    try:
        fields = json.loads(note)
        return Holder(
            service=str(fields.get("service", "")),
            pid=int(fields["pid"]),
            command=str(fields["command"]),
            since=str(fields["since"]),
        )
    except (ValueError, KeyError, TypeError):
        return None  # the holder has the lock, but has not signed it yet
