"""What happens to requests, from their first byte to their answer."""

from typing import Literal

from telemetry.cache_events import CacheResult
from telemetry.caller_events import IdempotencyOutcome
from telemetry.caught_errors import CaughtError, traceback_of
from telemetry.frozen import frozen

Degradation = Literal["stale_answer", "cache_bypassed", "local_limits", "breaker_open", "retry_budget_spent"]
"""In what a request was served worse than it should be: an old answer, as Postgres could not be read; nothing of what
is kept; limits that other replicas do not know of; a dependency not asked; nothing tried again."""

RejectReason = Literal["slow_headers", "slow_body", "slow_reader", "tls_handshake", "idle", "overloaded"]
UNMATCHED = "_unmatched"
"""The route of a request whose address or method nothing is declared for."""

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
OTHER = "_OTHER"
"""What stands for a word outside its closed set, such as a method not in METHODS."""


@frozen
class RequestStarted:
    """A request's headers have been read and it has been routed.

    `method` is one of METHODS or OTHER, `route` a template (`/products/{id}`) or UNMATCHED, here and below. Each one
    that started ends once: as RequestFinished, ClientDisconnected or RequestCutOff.
    """

    method: str
    route: str


@frozen
class RequestFinished:
    """A request has been answered.

    `callers_time` tells of one whose caller allowed it less time than we do, `stages` are the seconds it spent on each.
    Of who called: `credential_id` names the credential, `subject` and `tenant` are pseudonyms, `network` is where it
    came from. Of a problem: `error_type` is its kind, `reason` a word of a closed set, `faults` are codes and places
    (`missing /author`), never values. `cache`, `idempotency`, `retries` and `degraded` say what happened on the way.
    Each is empty where there is none.
    """

    method: str
    route: str
    status: int
    duration_seconds: float
    request_id: str
    trace_id: str
    credential_id: str = ""
    callers_time: bool = False
    span_id: str = ""
    stages: tuple[tuple[str, float], ...] = ()
    subject: str = ""
    tenant: str = ""
    network: str = ""
    error_type: str = ""
    reason: str = ""
    faults: tuple[str, ...] = ()
    cache: CacheResult | None = None
    idempotency: IdempotencyOutcome | None = None
    retries: int = 0
    degraded: tuple[Degradation, ...] = ()


@frozen
class ClientDisconnected:
    """The caller left before the answer was ready."""

    method: str
    route: str
    duration_seconds: float
    request_id: str
    trace_id: str


@frozen
class RequestCutOff:
    """The service stopped before the answer was ready."""

    method: str
    route: str
    duration_seconds: float
    request_id: str
    trace_id: str


@frozen
class RequestMalformed:
    """Bytes that are no HTTP request we read were refused before any layer saw them; `error_type` says why."""

    error_type: str
    request_id: str
    trace_id: str


@frozen
class RequestRejected:
    """A request was turned away at the edge: its headers or its body came too slowly, or nobody took its answer.

    `tls_handshake` is a connection on which no request could be made: no TLS, none that we speak, or too slow;
    `overloaded` is a request that there was no room for; `method` and `route` tell what it asked for, as far as its
    first bytes show it.
    """

    reason: RejectReason
    method: str = OTHER
    route: str = UNMATCHED


@frozen
class SheddingChanged:
    """Requests are refused for want of room, or have not been for a while; `refused` of them since it began."""

    is_shedding: bool
    refused: int
    limit: int


@frozen
class ExceptionCaught:
    """A bug: an exception nobody translated reached the problems layer.

    `errors` are the exception, last, and what stood behind it; `fingerprint` is the same for the same kind of bug. Of a
    kind that comes many times a second, only the first has the places in the code. `method` is empty where no request
    was read.
    """

    error_type: str
    errors: tuple[CaughtError, ...]
    fingerprint: str
    route: str
    request_id: str
    trace_id: str
    span_id: str
    method: str = ""

    @property
    def has_places(self) -> bool:
        """Whether it tells where in the code it was."""
        return any(error.frames for error in self.errors)

    @property
    def traceback(self) -> str:
        """The text that Python would print; no more than the words of it where the places are not told."""
        return traceback_of(self.errors)


RequestEvent = (
    RequestStarted
    | RequestFinished
    | ClientDisconnected
    | RequestCutOff
    | RequestMalformed
    | RequestRejected
    | SheddingChanged
    | ExceptionCaught
)
