"""The account the embedded servers run as."""

import os
import pwd
from dataclasses import dataclass
from pathlib import Path

from storage.embedded.failures import EmbeddedFailed

_ROOT_UID = 0
_NOBODY_UID = 65534
_DEDICATED_UID = 60988
"""A uid for Mainstay's servers alone, from 60578-61183: systemd's list of uids (systemd.io/UIDS-GIDS) keeps
that range unused, and it is below 65536, so it exists in user namespaces of the usual size too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A numeric user and group."""

    uid: int
    gid: int

    def is_us(self) -> bool:
        """Whether this process already runs as this account."""
        return self.uid == os.geteuid()


def account_for(data_dir: Path) -> Account:
    """Whoever shall own the servers' files and run the servers: never root, which Postgres refuses.

    An ordinary user runs them as itself. Root hands them to the owner of the data folder (or of the nearest
    folder above that exists), so that `sudo` in somebody's checkout leaves files that person can use. Where
    root owns that as well, they go to a uid nobody else has: an account other daemons share, such as `nobody`
    or `postgres`, would open the password-less socket folder and the files to those daemons.
    """
    if os.geteuid() != _ROOT_UID:
        return Account(uid=os.geteuid(), gid=os.getegid())
    nearest = next(folder for folder in (data_dir, *data_dir.parents) if folder.exists())
    owner = nearest.stat()
    # In a user namespace, whatever belongs to an unmapped user seems to belong to nobody: that tells nothing.
    if owner.st_uid in {_ROOT_UID, _NOBODY_UID}:
        return Account(uid=_DEDICATED_UID, gid=_DEDICATED_UID)
    return Account(uid=owner.st_uid, gid=owner.st_gid)


def with_a_name(account: Account) -> Account:
    """The account itself if the user database knows it, otherwise `nobody` where we may switch to it.

    initdb (and nothing later) insists that its uid has a name. For the second it takes it works in a folder that
    only root can enter otherwise, and the result is handed to `account` before it is used.
    """
    if _has_a_name(account.uid):
        return account
    if account.is_us() or not _has_a_name(_NOBODY_UID):
        raise EmbeddedFailed(
            f"initdb needs a user with a name, but uid {account.uid} has none here. Give it one in /etc/passwd, "
            "or name your own server in MAINSTAY_POSTGRES_DSN."
        )
    return Account(uid=_NOBODY_UID, gid=_NOBODY_UID)


def _has_a_name(uid: int) -> bool:
    try:
        pwd.getpwuid(uid)
    except KeyError:
        return False
    return True
