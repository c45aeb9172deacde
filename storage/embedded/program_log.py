"""What an embedded server prints: one file in the data folder, bounded, whose tail explains a failure."""

import os
from contextlib import suppress
from pathlib import Path

from storage.embedded.account import Account

_OWNER_ONLY = 0o600
_LARGEST_BYTES = 8 * 2**20
_KEPT_BYTES = 2**20
_TAIL_BYTES = 4096
_TAIL_LINES = 15


class ProgramLog:
    """A server's output file of at most about 8 MiB, counted each time it is bounded."""

    def __init__(self, path: Path, account: Account) -> None:
        self.path = path
        self._account = account

    def open(self) -> int:
        """A file descriptor that appends; the caller closes it."""
        flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW
        descriptor = os.open(self.path, flags, _OWNER_ONLY)
        if not self._account.is_us():
            os.fchown(descriptor, self._account.uid, self._account.gid)
        return descriptor

    def bound(self) -> None:
        """Forget all but the last MiB once the file is too long; the server goes on appending to it."""
        if self.path.lstat().st_size > _LARGEST_BYTES:
            kept = self._last(_KEPT_BYTES)
            with os.fdopen(self.open(), "wb") as file:
                file.truncate(0)
                file.write(kept)

    def tail(self) -> str:
        """The last lines printed."""
        lines = self._last(_TAIL_BYTES).decode(errors="replace").splitlines()
        return "\n".join(lines[-_TAIL_LINES:])

    def _last(self, size_bytes: int) -> bytes:
        with os.fdopen(self.open(), "rb") as file:
            with suppress(OSError):  # the file is shorter than that
                file.seek(-size_bytes, os.SEEK_END)
            return file.read()
