"""What aiohttp raises on the way to an upstream, as problems of ours."""

from aiohttp import (
    ClientConnectionError,
    ClientConnectorCertificateError,
    ClientConnectorError,
    ClientError,
    ClientPayloadError,
    ConnectionTimeoutError,
)

from middleware.errors import BadGateway, OutcomeUnknown, Problem, Unavailable

NEVER_SENT = (ClientConnectorError, ClientConnectorCertificateError, ConnectionTimeoutError)
"""There was no connection yet; without an address, without TLS, refused or too slow."""

LOST = (ClientConnectionError, ClientPayloadError, OSError)
"""The connection broke, or was closed before the answer was whole."""

FOREIGN = (ClientError, OSError)
"""All of them."""


def problem_of_connection(error: Exception, *, is_repeatable: bool) -> Problem:
    """Say what became of the call: whether a write whose answer was lost has been made, nobody can tell."""
    if isinstance(error, NEVER_SENT):
        return Unavailable()
    if isinstance(error, LOST):
        return Unavailable() if is_repeatable else OutcomeUnknown()
    return BadGateway()
