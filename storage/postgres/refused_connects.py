"""Why Postgres would not have us, by name: libpq gives no code for a refused connect, only the server's words.

A refusal becomes an error of a class of its own, which says what whoever operates the service has to look at; the log
has the class's name, as `error.cause`. The words stay for those who start a command at a terminal.
"""

from collections.abc import Mapping

NO_ROOM = ("too many clients", "too many connections", "remaining connection slots")


class Refused(Exception):  # noqa: N818 - these say what happened
    """The server, or nobody, in the words of libpq; the classes below say which it was."""


class ConnectionsUsedUp(Refused):
    """Others have all the connections there may be."""


class LoginRefused(Refused):
    """The role, its password, or where it comes from is not what the server expects."""


class DatabaseMissing(Refused):
    """The server has no database of this name."""


class ServerNotReady(Refused):
    """The server starts, stops or recovers."""


class TlsRefused(Refused):
    """One of the two does not take the other's certificate, or wants none where the other wants one."""


class NobodyListens(Refused):
    """The machine is there, and no server at that port or socket."""


_BY_WORDS: Mapping[tuple[str, ...], type[Refused]] = {
    NO_ROOM: ConnectionsUsedUp,
    # A failed TLS connect is tried again without, which pg_hba.conf may refuse: the first reason is the real one.
    ("SSL error", "certificate", "server does not support SSL", "SSL connection"): TlsRefused,
    (
        "authentication failed",
        "no password supplied",
        "no pg_hba.conf entry",
        "permission denied for database",
        "is not permitted to log in",
    ): LoginRefused,
    ("the database system is", "not accepting connections", "not yet accepting"): ServerNotReady,
    ("Connection refused", "No such file or directory"): NobodyListens,
}
"""By words of what the server or libpq says, the first that fits. One in another language is not understood."""


def named(error: Exception) -> Exception:
    """What the driver's error says, under the name of its reason; itself where that is not known."""
    kind = _kind(str(error))
    if kind is None:
        return error
    refusal = kind(*error.args)
    refusal.__cause__ = error
    return refusal


def _kind(words: str) -> type[Refused] | None:
    if "does not exist" in words:
        return DatabaseMissing if 'database "' in words else LoginRefused
    return next((kind for said, kind in _BY_WORDS.items() if any(one in words for one in said)), None)
