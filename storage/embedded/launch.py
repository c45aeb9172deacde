"""Runs as a program between Mainstay and an embedded server: tie its life to ours, give up root, then exec it.

    python -I -S launch.py PARENT_PID DEATH_SIGNAL UID GID NEEDED_PATH... -- PROGRAM ARGUMENT...

It is a program of its own because the steps must happen in the new process before the server's code runs, and
Python code between fork and exec is unsafe once there are threads. It imports the standard library only.

As root it becomes UID:GID. Where that account cannot reach the program or its folders (a checkout below /root), the
server keeps one capability: the first that helps of CAP_DAC_READ_SEARCH (pass and read, change nothing) and, for a
program only root may execute or a container that lacks the former, CAP_DAC_OVERRIDE. Otherwise it keeps none.
Numbers are from linux/prctl.h, linux/securebits.h and linux/capability.h.
"""

import ctypes
import os
import sys
from collections.abc import Sequence

_PR_SET_PDEATHSIG = 1
_PR_SET_SECUREBITS = 28
_PR_SET_NO_NEW_PRIVS = 38
_PR_CAP_AMBIENT = 47
_PR_CAP_AMBIENT_RAISE = 2
_SECBIT_NO_SETUID_FIXUP = 4
_CAP_DAC_OVERRIDE = 1
_CAP_DAC_READ_SEARCH = 2
_CAPABILITY_VERSION_3 = 0x20080522
_CANNOT_RUN = 126  # the shell's word for "found, but cannot be executed"

_libc = ctypes.CDLL(None, use_errno=True)


def main(arguments: list[str]) -> None:
    """Become the server; returns never."""
    cut = arguments.index("--")
    parent, death_signal, uid, gid = (int(word) for word in arguments[:4])
    needed, command = arguments[4:cut], arguments[cut + 1 :]
    if uid != os.geteuid():
        _become(uid, gid, needed=needed)
    _libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    # After the change of user, which would clear it. A parent that died before this line is noticed by the next.
    _libc.prctl(_PR_SET_PDEATHSIG, death_signal, 0, 0, 0)
    if os.getppid() != parent:
        sys.exit(_CANNOT_RUN)
    os.execv(command[0], command)  # noqa: S606 - no shell is the point


def _become(uid: int, gid: int, *, needed: Sequence[str]) -> None:
    os.setgroups([])
    os.setresgid(gid, gid, gid)
    # Keeps the capabilities over setresuid, so that we can choose among them, and makes access(2), by which Postgres
    # looks for its own program, heed them. Without CAP_SETPCAP it fails, and setresuid drops them all.
    _libc.prctl(_PR_SET_SECUREBITS, _SECBIT_NO_SETUID_FIXUP, 0, 0, 0)
    os.setresuid(uid, uid, uid)
    for mask in (0, 1 << _CAP_DAC_READ_SEARCH, 1 << _CAP_DAC_OVERRIDE):
        if _use(mask, permitted=_permitted()) and _reaches(needed):
            _keep_only(mask)
            return
    sys.exit(f"uid {uid} cannot reach all of these, not even by a capability of root's: {' '.join(needed)}")


def _reaches(needed: Sequence[str]) -> bool:
    return all(os.access(path, os.R_OK | os.X_OK) for path in needed)


def _keep_only(mask: int) -> None:
    _use(mask, permitted=mask, inheritable=mask)
    for capability in (_CAP_DAC_READ_SEARCH, _CAP_DAC_OVERRIDE):
        if mask & 1 << capability:
            _libc.prctl(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_RAISE, capability, 0, 0)


def _header() -> "ctypes.Array[ctypes.c_uint32]":
    return (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0)


def _permitted() -> int:
    """The low 32 capabilities this process may use: capget gives (effective, permitted, inheritable) twice."""
    words = (ctypes.c_uint32 * 6)()
    _libc.capget(_header(), words)
    return words[1]


def _use(effective: int, *, permitted: int, inheritable: int = 0) -> bool:
    """Set this process's capabilities (the low 32; the others are dropped); whether the kernel allowed it."""
    words = (ctypes.c_uint32 * 6)(effective, permitted, inheritable, 0, 0, 0)
    return bool(_libc.capset(_header(), words) == 0)


if __name__ == "__main__":
    main(sys.argv[1:])
