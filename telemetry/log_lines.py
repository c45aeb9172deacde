"""Which events are worth a line, how grave each is and what its line says, in OpenTelemetry's field names."""

from telemetry import events as e
from telemetry.log_line import Line
from telemetry.process_lines import line_of_process
from telemetry.request_lines import line_of_request

_LAG_WORTH_A_LINE_SECONDS = 0.5
"""Every request is half a second late then: nothing that should go unsaid, and nothing a busy machine does often."""
_QUIET = frozenset({"breaker_open"})
"""Refusals that come by the thousand, each for the same reason; the change of the breaker's state has its own line."""
_CALLERS_FAULT = frozenset({"malformed", "not_found", "conflict", "precondition_failed", "invalid", "upstream_refused"})
"""Errors of a call that tell of its caller and not of the dependency."""


NEVER_A_LINE = (
    e.RequestStarted,
    e.AccessDecided,
    e.Authenticated,
    e.RateLimitDecided,
    e.IdempotencyDecided,
    e.CacheRead,
    e.ReplicaRead,
    e.ConnectionAcquired,
    e.ConnectionReleased,
)
"""What happens all the time and well."""


def line_of(event: e.Event) -> Line | None:  # noqa: C901, PLR0911, PLR0912 - one case an event, the frequent ones first
    """The event's line; None where it is not worth one."""
    match event:
        case (
            e.RequestStarted()
            | e.RequestFinished()
            | e.ClientDisconnected()
            | e.RequestCutOff()
            | e.RequestMalformed()
            | e.RequestRejected()
            | e.SheddingChanged()
            | e.ExceptionCaught()
        ):
            return line_of_request(event)
        case (
            e.AccessDecided()
            | e.Authenticated()
            | e.RateLimitDecided()
            | e.IdempotencyDecided()
            | e.CacheRead()
            | e.ReplicaRead()
            | e.ConnectionAcquired()
            | e.ConnectionReleased()
            | e.BulkheadWaited()
            | e.UpstreamAttempted()
        ):
            return None
        case e.AuthenticationFailed():
            return _authentication_failed(event)
        case e.KeySetFetched():
            return _key_set_fetched(event)
        case e.AccountActed():
            return _account_acted(event)
        case e.DependencyCalled():
            return _dependency_called(event)
        case e.BreakerChanged() | e.Retried() | e.BulkheadRejected():
            return _layer_acted(event)
        case e.CacheInvalidated():
            return _cache_invalidated(event)
        case e.EventLoopLagged():
            return _event_loop_lagged(event)
        case e.ConnectionOpened():
            return _connection_opened(event)
        case e.ConnectionDropped():
            return _connection_dropped(event)
        case e.AcquireTimedOut():
            return _acquire_timed_out(event)
        case _:
            return line_of_process(event)


def _authentication_failed(event: e.AuthenticationFailed) -> Line:
    return Line(
        level="info",
        event="authentication_failed",
        message=f"a credential was not taken: {event.method} {event.outcome}",
        fields={
            "method": event.method,
            "outcome": event.outcome,
            **({"credential.id": event.credential_id} if event.credential_id else {}),
            "request_id": event.request_id,
            "trace_id": event.trace_id,
        },
    )


def _account_acted(event: e.AccountActed) -> Line:
    return Line(
        level="warning" if event.outcome == "reused" else "info",
        event="account_acted",
        message=f"{event.operation} {event.outcome}",
        fields={
            "operation": event.operation,
            "outcome": event.outcome,
            **({"account.id": event.account_id} if event.account_id else {}),
            **({"session.id": event.session_id} if event.session_id else {}),
            "request_id": event.request_id,
            "trace_id": event.trace_id,
        },
    )


def _key_set_fetched(event: e.KeySetFetched) -> Line:
    is_well = event.outcome == "ok"
    return Line(
        level="debug" if is_well else "warning",
        event="key_set_fetched",
        message=f"the keys of tokens: {event.keys} fetched" if is_well else f"the keys of tokens: {event.reason}",
        fields={"outcome": event.outcome, "keys": event.keys, "duration_seconds": round(event.duration_seconds, 6)},
    )


def _event_loop_lagged(event: e.EventLoopLagged) -> Line | None:
    if event.lag_seconds < _LAG_WORTH_A_LINE_SECONDS:
        return None
    return Line(
        level="warning",
        event="event_loop_lagged",
        message=f"the event loop was held up for {event.lag_seconds:.3f} s",
        fields={"lag_seconds": round(event.lag_seconds, 6)},
    )


def _dependency_called(event: e.DependencyCalled) -> Line | None:
    if event.outcome == "ok":
        return None
    reason = f"{event.error_type}: {event.cause}" if event.cause else event.error_type
    return Line(
        level="debug" if event.error_type in _CALLERS_FAULT | _QUIET else "warning",
        event="dependency_called",
        message=f"{event.dependency} {event.operation}: {event.outcome} ({reason})",
        fields={
            "dependency": event.dependency,
            "operation": event.operation,
            "outcome": event.outcome,
            "error.type": event.error_type,
            "error.cause": event.cause,
            "duration_seconds": round(event.duration_seconds, 6),
        },
    )


def _layer_acted(event: e.BreakerChanged | e.Retried | e.BulkheadRejected) -> Line:
    match event:
        case e.BreakerChanged():
            return _breaker_changed(event)
        case e.Retried():
            return _retried(event)
        case e.BulkheadRejected():
            return _bulkhead_rejected(event)


def _cache_invalidated(event: e.CacheInvalidated) -> Line | None:
    if event.outcome == "ok":
        return None
    tables = ", ".join(event.tables)
    is_owed = event.outcome == "owed"
    says = "other replicas may not know yet of writes to" if is_owed else "all replicas know now of writes to"
    return Line(
        level="warning" if is_owed else "info",
        event="cache_invalidated",
        message=f"{says} {tables}",
        fields={"outcome": event.outcome, "tables": tables},
    )


def _breaker_changed(event: e.BreakerChanged) -> Line:
    return Line(
        level="info" if event.state in ("closed", "half_open") else "warning",
        event="breaker_changed",
        message=f"{event.name}: the circuit breaker is {event.state}",
        fields={"name": event.name, "state": event.state},
    )


def _retried(event: e.Retried) -> Line:
    return Line(
        level="debug",
        event="retried",
        message=f"{event.target}: {_RETRIED[event.outcome]}",
        fields={"target": event.target, "outcome": event.outcome},
    )


_RETRIED: dict[e.RetryOutcome, str] = {
    "ok": "tried again, well",
    "error": "tried again, in vain",
    "budget_spent": "not tried again, the retry budget is spent",
}


def _bulkhead_rejected(event: e.BulkheadRejected) -> Line:
    return Line(
        level="debug",
        event="bulkhead_rejected",
        message=f"{event.name}: no room after {event.waited_seconds:.3f} s",
        fields={"name": event.name, "waited_seconds": round(event.waited_seconds, 6)},
    )


def _connection_opened(event: e.ConnectionOpened) -> Line:
    return Line(
        level="debug",
        event="connection_opened",
        message=f"{event.pool}: connection opened",
        fields={"pool": event.pool, "duration_seconds": round(event.duration_seconds, 6)},
    )


def _connection_dropped(event: e.ConnectionDropped) -> Line:
    return Line(
        level="warning" if event.reason == "broken" else "debug",
        event="connection_dropped",
        message=f"{event.pool}: connection dropped, {event.reason}",
        fields={"pool": event.pool, "reason": event.reason},
    )


def _acquire_timed_out(event: e.AcquireTimedOut) -> Line:
    return Line(
        level="warning",
        event="acquire_timed_out",
        message=f"{event.pool}: no connection within {event.waited_seconds:.3f} s",
        fields={"pool": event.pool, "waited_seconds": round(event.waited_seconds, 6)},
    )
