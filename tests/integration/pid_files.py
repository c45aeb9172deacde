"""Pid files that lie."""

import os
from pathlib import Path

from storage.embedded.account import account_for


def naming(pid: int, pid_file: str) -> str:
    return pid_file.replace(pid_file.partition("\n")[0], str(pid), 1)


def leave(file: Path, text: str) -> None:
    """Put a file where the servers' account could have left it."""
    account = account_for(file.parents[1])
    file.unlink(missing_ok=True)
    file.write_text(text)
    os.chown(file, account.uid, account.gid)
