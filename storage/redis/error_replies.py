"""What goes wrong at Redis, said in our words."""

import re

from redis import exceptions

from middleware.errors import Bug, Elapsed, Overloaded, Problem, Unavailable

# Redis 6.2 wraps what a command inside a script answers: "Error running script (call to f_…): @user_script:4: -OOM …"
_CODE = re.compile(r"(?:^|-)(READONLY|LOADING|MISCONF|MASTERDOWN|CLUSTERDOWN|TRYAGAIN|NOREPLICAS|BUSY|OOM)\b")


def translated(error: Exception) -> Problem:
    """Our word for an error of redis-py's or of the socket's.

    A server that must not be written to, is loading, asks for other credentials or cannot reach its replicas is one
    that cannot be used just now; a command it does not take is a bug of ours.
    """
    match error:
        case TimeoutError() | exceptions.TimeoutError():
            return Elapsed()
        case exceptions.OutOfMemoryError():
            return Overloaded()
        case OSError() | exceptions.ConnectionError() | exceptions.NoPermissionError():
            return Unavailable()
        case exceptions.ReadOnlyError() | exceptions.ClusterDownError() | exceptions.TryAgainError():
            return Unavailable()
        case exceptions.ResponseError():
            return _by_code(str(error))
        case _:
            return Bug()


def _by_code(text: str) -> Problem:
    found = _CODE.search(text)
    if found is None:
        return Unavailable() if text.startswith(("NOAUTH", "WRONGPASS")) else Bug()
    return Overloaded() if found[1] == "OOM" else Unavailable()


def is_read_only(error: Exception) -> bool:
    """Whether the server is a replica, and another one takes writes."""
    if isinstance(error, exceptions.ReadOnlyError):
        return True
    found = _CODE.search(str(error))
    return found is not None and found[1] == "READONLY"
