"""Private folders: made with mode 0700, checked before use; folders of other people are never changed."""

import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

from storage.embedded.account import Account
from storage.embedded.failures import EmbeddedFailed, FolderUnsafe

_PRIVATE_MODE = 0o700
_OTHERS = 0o077
_SOCKET_PATH_BYTES = 107
"""Longest path of a unix socket on Linux: 108 bytes with the closing NUL (unix(7))."""
_LONGEST_SOCKET_NAME = ".s.PGSQL.5432"
_TEMPORARY_PREFIX = "mainstay-"


def make_private(folder: Path, account: Account) -> None:
    """Make the folder and every missing one above, each 0700 and the account's; leave those that exist alone."""
    for missing in reversed([one for one in (folder, *folder.parents) if not one.exists()]):
        missing.mkdir(mode=_PRIVATE_MODE)
        give(missing, account)


def give(path: Path, account: Account) -> None:
    """Make the account the owner, if it is not; a symlink itself changes hands, never its target."""
    owner = path.lstat()
    if (owner.st_uid, owner.st_gid) != (account.uid, account.gid) and not account.is_us():
        try:
            os.chown(path, account.uid, account.gid, follow_symlinks=False)
        except OSError as error:  # root of a user namespace with one user only, or of a container without CAP_CHOWN
            raise EmbeddedFailed(
                f"Postgres refuses to run as root, and root cannot give {path} to uid {account.uid} here "
                f"({error.strerror}). Run as an ordinary user, or name your own servers in MAINSTAY_POSTGRES_DSN and "
                "MAINSTAY_REDIS_URL."
            ) from error


def give_tree(folder: Path, account: Account) -> None:
    """Make the account the owner of a folder and all below, without following a symlink."""
    for _, folders, files, descriptor in os.fwalk(folder, follow_symlinks=False):
        for name in (*folders, *files):
            os.chown(name, account.uid, account.gid, dir_fd=descriptor, follow_symlinks=False)
    give(folder, account)


def require_private(folder: Path, account: Account) -> None:
    """Raise FolderUnsafe unless this is a real folder of the account's, closed to everybody else."""
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode):
        raise FolderUnsafe(f"{folder} must be a folder, not a link or a file.")
    if found.st_uid != account.uid:
        raise FolderUnsafe(
            f"{folder} belongs to uid {found.st_uid}, but the servers run as uid {account.uid}. "
            "Run as its owner, or choose another MAINSTAY_DATA_DIR."
        )
    if found.st_mode & _OTHERS:
        raise FolderUnsafe(f"{folder} is open to other users: chmod 700 it after a look at what it holds.")


def make_socket_folder(data_dir: Path, account: Account) -> Path:
    """A fresh, empty 0700 folder whose path leaves room for a socket's name.

    It is `sockets` in the data folder, or, where that path is too long for a socket, a folder of random name in the
    user's run-time or temporary folder, to which `sockets` is then a link, so that the next start can remove it.
    """
    link = data_dir / "sockets"
    remove_socket_folder(data_dir, account)
    if _has_room(link):
        make_private(link, account)
        return link
    parent = next(folder for folder in _short_folders() if _has_room(folder / f"{_TEMPORARY_PREFIX}12345678"))
    folder = Path(tempfile.mkdtemp(prefix=_TEMPORARY_PREFIX, dir=parent))
    give(folder, account)
    link.symlink_to(folder)
    return folder


def remove_socket_folder(data_dir: Path, account: Account) -> None:
    """Remove what `make_socket_folder` made, also in a run that was killed. No server may be using it."""
    link = data_dir / "sockets"
    if link.is_symlink():
        folder = link.readlink()
        if folder.name.startswith(_TEMPORARY_PREFIX) and _belongs_to(folder, account):
            shutil.rmtree(folder)
        link.unlink()
    elif link.exists():
        require_private(link, account)
        shutil.rmtree(link)


def _belongs_to(folder: Path, account: Account) -> bool:
    try:
        found = folder.lstat()
    except OSError:  # swept away with the temporary folder
        return False
    return stat.S_ISDIR(found.st_mode) and found.st_uid == account.uid


def _has_room(folder: Path) -> bool:
    # Postgres and libpq both read a comma as the end of a path.
    longest = os.fsencode(folder / _LONGEST_SOCKET_NAME)
    return len(longest) <= _SOCKET_PATH_BYTES and b"," not in longest


def _short_folders() -> Iterator[Path]:
    run_time = Path(os.environ.get("XDG_RUNTIME_DIR", ""))
    if run_time.is_absolute() and run_time.is_dir() and run_time.stat().st_uid == os.geteuid():
        yield run_time
    yield Path(tempfile.gettempdir())
    yield Path("/tmp")  # noqa: S108 - only for mkdtemp, which makes a 0700 folder of a name that was not there
