"""Everything the system can say, as one closed union: read this first.

An event is a plain value in the past tense. Whoever does something says so once, to an `Observe`;
metrics, logs, traces and error reports are readers of these values and of nothing else.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from telemetry.process_events import CertificateChanged as CertificateChanged
from telemetry.process_events import EmbeddedExited as EmbeddedExited
from telemetry.process_events import EmbeddedStarted as EmbeddedStarted
from telemetry.process_events import LibraryLogged as LibraryLogged
from telemetry.process_events import ProcessEvent as ProcessEvent
from telemetry.process_events import SchemaApplied as SchemaApplied
from telemetry.process_events import SecretExposed as SecretExposed
from telemetry.process_events import ServiceStarted as ServiceStarted
from telemetry.process_events import ServiceStopped as ServiceStopped
from telemetry.process_events import SettingUnknown as SettingUnknown

Outcome = Literal["ok", "error", "timeout", "rejected"]
Dependency = Literal["postgres", "redis"]
BreakerState = Literal["closed", "open", "half_open", "forced_open", "forced_closed"]
RetryOutcome = Literal["ok", "error", "budget_spent"]
RateLimitDecision = Literal["allowed", "limited", "allowed_degraded", "limited_degraded"]
DropReason = Literal["expired", "broken", "cancelled", "closing"]

CredentialKind = Literal["api_key", "jwt"]
CredentialMethod = Literal["api_key", "jwt", "other"]
AuthenticationOutcome = Literal[
    "ok",
    "malformed",
    "oversized",
    "unknown",
    "expired",
    "revoked",
    "not_yet_valid",
    "wrong_issuer",
    "wrong_audience",
    "bad_header",
    "bad_algorithm",
    "bad_signature",
    "bad_claims",
    "unknown_key",
    "unavailable",
    "limited",
]
"""`ok`, or why a credential was not taken; `limited`: its address has failed too often to be heard."""

AccessDecision = Literal["admitted", "admitted_own_rows", "refused_unknown", "refused_role", "refused_scope"]
"""Every row, or only those the caller made; or refused: unknown who calls, no role admits, the scope ends here."""

RejectReason = Literal["slow_headers", "slow_body", "slow_reader", "tls_handshake"]

UNMATCHED = "_unmatched"
"""The route of a request whose address or method nothing is declared for."""

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
OTHER = "_OTHER"
"""What stands for a word outside its closed set, such as a method not in METHODS."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestStarted:
    """A request's headers have been read and it has been routed.

    `method` is one of METHODS or OTHER, `route` a template (`/products/{id}`) or UNMATCHED, here and below. Each one
    that started ends once: as RequestFinished, ClientDisconnected or RequestCutOff.
    """

    method: str
    route: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestFinished:
    """A request has been answered; `credential_id` names the credential it came with, empty for none."""

    method: str
    route: str
    status: int
    duration_seconds: float
    request_id: str
    trace_id: str
    credential_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientDisconnected:
    """The caller left before the answer was ready."""

    method: str
    route: str
    duration_seconds: float
    request_id: str
    trace_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestCutOff:
    """The service stopped before the answer was ready."""

    method: str
    route: str
    duration_seconds: float
    request_id: str
    trace_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestMalformed:
    """Bytes that are no HTTP request we read were refused before any layer saw them; `error_type` says why."""

    error_type: str
    request_id: str
    trace_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestRejected:
    """A request was turned away at the edge: its headers or its body came too slowly, or nobody took its answer.

    `tls_handshake` is a connection on which no request could be made: no TLS, none that we speak, or too slow.
    """

    reason: RejectReason


@dataclass(frozen=True, slots=True, kw_only=True)
class ExceptionCaught:
    """A bug: an exception nobody translated reached the problems layer."""

    error_type: str
    traceback: str
    route: str
    request_id: str
    trace_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthenticationDecided:
    """A request brought a credential, which was taken or not. Requests without one are not told of.

    `credential_id` names it and does not give it away; it is empty where the credential tells none.
    """

    method: CredentialMethod
    outcome: AuthenticationOutcome
    credential_id: str
    request_id: str
    trace_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KeySetFetched:
    """The keys that tokens are signed with were asked for: how many there are now, and why no newer ones."""

    outcome: Literal["ok", "error"]
    keys: int
    reason: str
    duration_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessDecided:
    """A request was held against the access rule of its endpoint."""

    decision: AccessDecision


@dataclass(frozen=True, slots=True, kw_only=True)
class RateLimitDecided:
    """A request was held against its caller's limit; degraded where the limits all replicas share could not tell."""

    decision: RateLimitDecision


@dataclass(frozen=True, slots=True, kw_only=True)
class DependencyCalled:
    """One call to a dependency has ended, all its attempts included.

    `error_type` is empty for an ok call, otherwise the error's kind (`conflict`, `timeout`, …).
    """

    dependency: Dependency
    operation: str
    outcome: Outcome
    error_type: str
    duration_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class EventLoopLagged:
    """The event loop was this much later than asked, at one of its regular measurements; 0 is as it should be."""

    lag_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakerChanged:
    """A circuit breaker took on another state; `name` is the dependency and the class of work (`postgres.reads`)."""

    name: str
    state: BreakerState


@dataclass(frozen=True, slots=True, kw_only=True)
class Retried:
    """A failed attempt was made again, which ended so; or was not, as the retry budget was spent."""

    target: str
    outcome: RetryOutcome


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkheadRejected:
    """A call found no room in its class of work, after waiting `waited_seconds` (0 where the line was full)."""

    name: str
    waited_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionOpened:
    """A pool opened a connection."""

    pool: str
    duration_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionAcquired:
    """A caller got a connection after waiting `wait_seconds` (0 when one was free)."""

    pool: str
    wait_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionReleased:
    """A caller gave its connection back after `use_seconds`."""

    pool: str
    use_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionDropped:
    """A pool closed a connection instead of keeping it."""

    pool: str
    reason: DropReason


@dataclass(frozen=True, slots=True, kw_only=True)
class AcquireTimedOut:
    """A caller waited longer for a connection than its budget allows."""

    pool: str
    waited_seconds: float


Event = (
    RequestStarted
    | RequestFinished
    | ClientDisconnected
    | RequestCutOff
    | RequestMalformed
    | RequestRejected
    | ExceptionCaught
    | AuthenticationDecided
    | KeySetFetched
    | AccessDecided
    | RateLimitDecided
    | DependencyCalled
    | EventLoopLagged
    | BreakerChanged
    | Retried
    | BulkheadRejected
    | ConnectionOpened
    | ConnectionAcquired
    | ConnectionReleased
    | ConnectionDropped
    | AcquireTimedOut
    | ProcessEvent
)

Observe = Callable[[Event], None]
"""Takes an event; returns at once and never raises."""
