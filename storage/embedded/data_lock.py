"""One process per data folder: a lock that says who holds it."""

import fcntl
import json
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from storage.embedded.account import Account
from storage.embedded.failures import FolderBusy, FolderUnsafe
from storage.embedded.folders import give

_OWNER_ONLY = 0o600
_LONGEST_NOTE_BYTES = 4096


def _utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """Who holds a lock: process id, command line, and since when (RFC 3339, UTC)."""

    pid: int
    command: str
    since: str


class DataLock:
    """An flock on `lock` in the data folder: the kernel lets go of it when its holder dies, however it dies."""

    def __init__(self, data_dir: Path, account: Account, *, clock: Callable[[], datetime] = _utc_now) -> None:
        self._data_dir = data_dir
        self._account = account
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
            raise FolderBusy(_refusal(self._data_dir, note)) from error
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
        note = json.dumps({"pid": os.getpid(), "command": " ".join(sys.orig_argv), "since": since})
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, note.encode()[:_LONGEST_NOTE_BYTES], 0)


def _refusal(data_dir: Path, note: bytes) -> str:
    holder = _read(note)
    who = f"process {holder.pid} ({holder.command}) since {holder.since}" if holder else "another process"
    return f"{data_dir} is in use by {who}. Stop it, or choose another MAINSTAY_DATA_DIR."


def _read(note: bytes) -> Holder | None:
    try:
        fields = json.loads(note)
        return Holder(pid=int(fields["pid"]), command=str(fields["command"]), since=str(fields["since"]))
    except (ValueError, KeyError, TypeError):
        return None  # the holder has the lock, but has not signed it yet
