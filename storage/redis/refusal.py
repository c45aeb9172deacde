"""Why a Redis that is there will not have us: what no waiting mends, in words for whoever set it up."""

import ssl
from collections.abc import Iterator

from redis import exceptions

from middleware.errors import Problem


def refusal(problem: Problem) -> str:
    """What to change; empty where it is merely away."""
    for cause in _causes(problem):
        match cause:
            case ssl.SSLCertVerificationError():
                return f"its certificate is not trusted ({cause.verify_message}): MAINSTAY_REDIS_CA names who signs it"
            case exceptions.AuthenticationError():
                return f"it does not take the user and password in MAINSTAY_REDIS_URL ({cause})"
            case exceptions.NoPermissionError():
                return f"its user in MAINSTAY_REDIS_URL lacks a right: {cause}"
    return ""


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
