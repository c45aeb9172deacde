"""What each span is called and what it says of itself, by OpenTelemetry's semantic conventions (1.38).

Nothing a caller sent is among it but the id it gave its request: no address but its template, no query, no body, no
value a statement was given.
"""

from typing import assert_never

from telemetry import events as e
from telemetry.context import RequestContext
from telemetry.database_names import SYSTEM_NAMES
from telemetry.spans import Attribute, Moment, Span

ROOT = 0
"""The number of a request's own span."""

_FIRST_SERVER_ERROR = 500


def root_span(ending: e.RequestFinished | e.ClientDisconnected | e.RequestCutOff, context: RequestContext) -> Span:
    """The request itself: `GET /orders/{id}`."""
    has_route = ending.route != e.UNMATCHED
    method = "HTTP" if ending.method == e.OTHER else ending.method
    told: dict[str, Attribute] = {"http.request.method": ending.method}
    if has_route:
        told["http.route"] = ending.route
    error_type = ""
    match ending:
        case e.RequestFinished():
            told["http.response.status_code"] = ending.status
            if ending.credential_id:
                told["mainstay.credential.id"] = ending.credential_id
            if ending.status >= _FIRST_SERVER_ERROR:
                error_type = _exception_in(context) or str(ending.status)
        case e.ClientDisconnected():
            told["mainstay.ending"] = "client_disconnected"
        case e.RequestCutOff():
            told["mainstay.ending"] = error_type = "cut_off"
    told["mainstay.request.id"] = ending.request_id
    if context.recording.left_out:
        told["mainstay.left_out"] = context.recording.left_out
    return Span(
        number=ROOT,
        parent=ROOT,
        name=f"{method} {ending.route}" if has_route else method,
        kind="server",
        started_seconds=context.started_seconds,
        ended_seconds=context.started_seconds + ending.duration_seconds,
        attributes=told,
        error_type=error_type,
    )


def call_span(event: e.DependencyCalled, *, number: int, parent: int, at: float) -> Span:
    """One call to a dependency, all its attempts included: `orders.read postgres`, `write payments`."""
    database = SYSTEM_NAMES.get(event.dependency)
    told: dict[str, Attribute] = {"mainstay.outcome": event.outcome}
    if database is None:
        told["service.peer.name"] = event.dependency
    else:
        told |= {"db.system.name": database, "db.operation.name": event.operation}
    return Span(
        number=number,
        parent=parent,
        name=f"{event.operation} {event.dependency}",
        kind="internal" if database is None else "client",
        started_seconds=at - event.duration_seconds,
        ended_seconds=at,
        attributes=told,
        error_type=event.error_type,
    )


def attempt_span(event: e.UpstreamAttempted, *, parent: int, at: float) -> Span:
    """One attempt of a call to an upstream, which the upstream knows as its parent: `POST`."""
    told: dict[str, Attribute] = {
        "http.request.method": event.method,
        "server.address": event.address,
        "server.port": event.port,
    }
    if event.status:
        told["http.response.status_code"] = event.status
    return Span(
        number=event.span,
        parent=parent,
        name=event.method,
        kind="client",
        started_seconds=at - event.duration_seconds,
        ended_seconds=at,
        attributes=told,
        error_type=event.error_type,
    )


def wait_span(event: e.ConnectionAcquired | e.BulkheadWaited, *, number: int, parent: int, at: float) -> Span:
    """A wait for a connection of a pool, or for room in a class of work."""
    match event:
        case e.ConnectionAcquired():
            name, seconds = f"connection_wait {event.pool}", event.wait_seconds
        case e.BulkheadWaited():
            name, seconds = f"bulkhead_wait {event.name}", event.waited_seconds
    return Span(
        number=number, parent=parent, name=name, kind="internal", started_seconds=at - seconds, ended_seconds=at
    )


def moment_of(event: e.Retried | e.CacheRead | e.AuthenticationFailed | e.ExceptionCaught, at: float) -> Moment:
    """What happened within a span."""
    match event:
        case e.Retried():
            return Moment(name="retry", at_seconds=at, attributes={"outcome": event.outcome})
        case e.CacheRead():
            return Moment(name="cache", at_seconds=at, attributes={"cache": event.cache, "result": event.result})
        case e.AuthenticationFailed():
            told: dict[str, Attribute] = {"method": event.method, "outcome": event.outcome}
            return Moment(name="authentication_failed", at_seconds=at, attributes=told)
        case e.ExceptionCaught():
            return Moment(name="exception", at_seconds=at, attributes={"exception.type": event.error_type})
        case _:
            assert_never(event)


def _exception_in(context: RequestContext) -> str:
    """The type of the bug that was caught, empty where none was."""
    caught = (event.error_type for *_, event in context.recording.notes if isinstance(event, e.ExceptionCaught))
    return next(caught, "")
