"""What the log says of requests, in OpenTelemetry's field names."""

from http import HTTPStatus

from telemetry import events as e
from telemetry.log_line import Line, Value

_FIRST_ERROR = 400
_FIRST_SERVER_ERROR = 500
_TOO_LATE = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.GATEWAY_TIMEOUT})


def line_of_request(event: e.RequestEvent) -> Line | None:  # noqa: PLR0911 - one case an event
    """The event's line; None where it is not worth one."""
    match event:
        case e.RequestFinished():
            return _request_finished(event)
        case e.RequestStarted():
            return None
        case e.ClientDisconnected() | e.RequestCutOff():
            return _request_unanswered(event)
        case e.RequestMalformed():
            return _request_malformed(event)
        case e.RequestRejected():
            return _request_rejected(event)
        case e.SheddingChanged():
            return _shedding_changed(event)
        case e.ExceptionCaught():
            return _exception_caught(event)


def _request_finished(event: e.RequestFinished) -> Line:
    fields: dict[str, Value] = {
        "http.request.method": event.method,
        "http.route": event.route,
        "http.response.status_code": event.status,
        "outcome": _outcome(event),
        "duration_seconds": round(event.duration_seconds, 6),
        "request_id": event.request_id,
        "trace_id": event.trace_id,
    }
    for name, seconds in event.stages:
        fields[f"stage.{name}_seconds"] = round(seconds, 6)
    where_known: dict[str, Value] = {
        "span_id": event.span_id,
        "credential.id": event.credential_id,
        "user.hash": event.subject,
        "tenant.hash": event.tenant,
        "client.address": event.network,
        "error.type": event.error_type,
        "error.reason": event.reason,
        "error.faults": event.faults,
        "cache.result": event.cache or "",
        "idempotency.outcome": event.idempotency or "",
        "retries": event.retries,
        "degraded": event.degraded,
    }
    fields.update({field: value for field, value in where_known.items() if value})
    return Line(
        level="warning" if event.status >= _FIRST_SERVER_ERROR else "info",
        event="request_finished",
        message=f"{event.status} {event.method} {event.route}",
        fields=fields,
    )


def _outcome(event: e.RequestFinished) -> e.Outcome:
    """Done, turned away, too late, or failed at by us or by what we depend on."""
    if event.status < _FIRST_ERROR:
        return "ok"
    if event.status in _TOO_LATE:
        return "timeout"
    return "rejected" if event.status < _FIRST_SERVER_ERROR or event.error_type == "overloaded" else "error"


def _request_unanswered(event: e.ClientDisconnected | e.RequestCutOff) -> Line:
    has_left = isinstance(event, e.ClientDisconnected)
    message = "the caller left before its answer" if has_left else "stopped before a request was answered"
    return Line(
        level="info" if has_left else "warning",
        event="client_disconnected" if has_left else "request_cut_off",
        message=f"{message}: {event.method} {event.route}",
        fields={
            "http.request.method": event.method,
            "http.route": event.route,
            "duration_seconds": round(event.duration_seconds, 6),
            "request_id": event.request_id,
            "trace_id": event.trace_id,
        },
    )


def _request_malformed(event: e.RequestMalformed) -> Line:
    return Line(
        level="info",
        event="request_malformed",
        message=f"refused bytes that are no HTTP request we read ({event.error_type})",
        fields={"error.type": event.error_type, "request_id": event.request_id, "trace_id": event.trace_id},
    )


def _request_rejected(event: e.RequestRejected) -> Line:
    return Line(
        level="debug",
        event="request_rejected",
        message=f"a request was turned away: {event.reason}",
        fields={"reason": event.reason},
    )


def _shedding_changed(event: e.SheddingChanged) -> Line:
    began, ended = (
        "more requests than can be answered: some are refused",
        "no request is refused for want of room any more",
    )
    return Line(
        level="warning" if event.is_shedding else "info",
        event="shedding_changed",
        message=began if event.is_shedding else ended,
        fields={"refused": event.refused, "concurrency_limit": event.limit},
    )


def _exception_caught(event: e.ExceptionCaught) -> Line:
    return Line(
        level="error",
        event="exception_caught",
        message=f"{event.error_type} at {event.route}",
        fields={
            "exception.type": event.error_type,
            "exception.fingerprint": event.fingerprint,
            **({"http.request.method": event.method} if event.method else {}),
            "http.route": event.route,
            "request_id": event.request_id,
            "trace_id": event.trace_id,
            "span_id": event.span_id,
        },
        text=event.traceback,
    )
