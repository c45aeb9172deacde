"""Everything the system can say, as one closed union: read this first.

An event is a plain value in the past tense. Whoever does something says so once, to an `Observe`;
metrics, logs, traces and error reports are readers of these values and of nothing else.

The values themselves stand by where they come from: `request_events`, `caller_events`, `cache_events`,
`outbound_events`, `process_events`. Everybody imports them from here.
"""

from collections.abc import Callable

from telemetry.cache_events import CacheEvent, CacheInvalidated, CacheRead, CacheResult, InvalidationOutcome
from telemetry.caller_events import (
    AccessDecided,
    AccessDecision,
    Authenticated,
    AuthenticationFailed,
    AuthenticationFailure,
    CallerEvent,
    CredentialKind,
    CredentialMethod,
    IdempotencyDecided,
    IdempotencyOutcome,
    KeySetFetched,
    RateLimitDecided,
    RateLimitDecision,
)
from telemetry.outbound_events import (
    AcquireTimedOut,
    BreakerChanged,
    BreakerState,
    BulkheadRejected,
    ConnectionAcquired,
    ConnectionDropped,
    ConnectionOpened,
    ConnectionReleased,
    Dependency,
    DependencyCalled,
    DropReason,
    OutboundEvent,
    Outcome,
    Retried,
    RetryOutcome,
    UpstreamOperation,
)
from telemetry.process_events import (
    CertificateChanged,
    EmbeddedExited,
    EmbeddedStarted,
    EventLoopLagged,
    LibraryLogged,
    ProcessEvent,
    SchemaApplied,
    SecretExposed,
    ServedAsSuperuser,
    ServiceStarted,
    ServiceStopped,
    SettingUnknown,
)
from telemetry.request_events import (
    METHODS,
    OTHER,
    UNMATCHED,
    ClientDisconnected,
    ExceptionCaught,
    RejectReason,
    RequestCutOff,
    RequestEvent,
    RequestFinished,
    RequestMalformed,
    RequestRejected,
    RequestStarted,
    SheddingChanged,
)

__all__ = [
    "METHODS",
    "OTHER",
    "UNMATCHED",
    "AccessDecided",
    "AccessDecision",
    "AcquireTimedOut",
    "Authenticated",
    "AuthenticationFailed",
    "AuthenticationFailure",
    "BreakerChanged",
    "BreakerState",
    "BulkheadRejected",
    "CacheEvent",
    "CacheInvalidated",
    "CacheRead",
    "CacheResult",
    "CallerEvent",
    "CertificateChanged",
    "ClientDisconnected",
    "ConnectionAcquired",
    "ConnectionDropped",
    "ConnectionOpened",
    "ConnectionReleased",
    "CredentialKind",
    "CredentialMethod",
    "Dependency",
    "DependencyCalled",
    "DropReason",
    "EmbeddedExited",
    "EmbeddedStarted",
    "Event",
    "EventLoopLagged",
    "ExceptionCaught",
    "IdempotencyDecided",
    "IdempotencyOutcome",
    "InvalidationOutcome",
    "KeySetFetched",
    "LibraryLogged",
    "Observe",
    "OutboundEvent",
    "Outcome",
    "ProcessEvent",
    "RateLimitDecided",
    "RateLimitDecision",
    "RejectReason",
    "RequestCutOff",
    "RequestEvent",
    "RequestFinished",
    "RequestMalformed",
    "RequestRejected",
    "RequestStarted",
    "Retried",
    "RetryOutcome",
    "SchemaApplied",
    "SecretExposed",
    "ServedAsSuperuser",
    "ServiceStarted",
    "ServiceStopped",
    "SettingUnknown",
    "SheddingChanged",
    "UpstreamOperation",
]

Event = RequestEvent | CallerEvent | CacheEvent | OutboundEvent | EventLoopLagged | ProcessEvent
"""Whatever there is to say; a reader that forgets one of them does not pass the type checker."""

Observe = Callable[[Event], None]
"""Takes an event; returns at once and never raises."""
