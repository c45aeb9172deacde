"""A request's spans as a person or a tool reads them: one below the other, each as far and as long as it took."""

from collections.abc import Iterator, Mapping, Set
from datetime import UTC, datetime

from telemetry import events as e
from telemetry.ended_request import EndedRequest
from telemetry.spans import Attribute, Moment, Span

_MILLISECONDS = 1000
_DIGITS = 3
_BAR_CHARACTERS = 32
_SAID_AT_THE_TOP = frozenset({"http.request.method", "http.route", "http.response.status_code", "mainstay.request.id"})
_SAID_BY_NAMES = frozenset(
    {"http.request.method", "db.system.name", "db.operation.name", "service.peer.name", "mainstay.outcome"}
)
"""Attributes that a text has said before it comes to them."""

Document = Mapping[str, object]


def document_of(ended: EndedRequest, *, clock_seconds: float) -> Document:
    """The request and its spans, for JSON; `clock_seconds` is what to add to its times to have seconds since 1970.

    Times are milliseconds, `start_ms` since the request's arrival.
    """
    context, ending = ended.context, ended.ending
    root, *below = ended.spans()
    spans = [_span_document(span, ended) for span in (root, *below)]
    return {
        "started_at": _started_at(ended, clock_seconds),
        "duration_ms": _milliseconds(ending.duration_seconds),
        "method": ending.method,
        "route": ending.route,
        "status": _status(ending),
        "outcome": "error" if root.error_type else "ok",
        "request_id": context.request_id,
        "trace_id": context.trace_id,
        "sampled": context.sampled,
        "spans": spans,
    }


def text_of(ended: EndedRequest, *, clock_seconds: float) -> str:
    """The same for a terminal: when each span began and how long it took in milliseconds, a bar, its name."""
    context, ending = ended.context, ended.ending
    spans = ended.spans()
    top = f"{spans[0].name}  {_status(ending)}  {_milliseconds(ending.duration_seconds)} ms"
    lines = [top, f"{_started_at(ended, clock_seconds)}  request {context.request_id}  trace {context.trace_id}"]
    for span in spans:
        lines += _span_lines(span, spans[0])
    return "\n".join(lines) + "\n"


def _span_document(span: Span, ended: EndedRequest) -> Document:
    context = ended.context
    shown: dict[str, object] = {
        "span_id": context.span_id_of(span.number),
        "name": span.name,
        "kind": span.kind,
        "depth": span.depth,
        "start_ms": _milliseconds(span.started_seconds - context.started_seconds),
        "duration_ms": _milliseconds(span.ended_seconds - span.started_seconds),
        "outcome": "error" if span.error_type else "ok",
        "attributes": {**span.attributes, **({"error.type": span.error_type} if span.error_type else {})},
    }
    if span.moments:
        shown["events"] = [_moment_document(moment, context.started_seconds) for moment in span.moments]
    return shown


def _moment_document(moment: Moment, started_seconds: float) -> Document:
    at = _milliseconds(moment.at_seconds - started_seconds)
    return {"name": moment.name, "at_ms": at, "attributes": dict(moment.attributes)}


def _span_lines(span: Span, root: Span) -> Iterator[str]:
    start = span.started_seconds - root.started_seconds
    taken = span.ended_seconds - span.started_seconds
    bar = _bar(start, taken, whole=root.ended_seconds - root.started_seconds)
    indent = "  " * span.depth
    said = _SAID_BY_NAMES if span.depth else _SAID_AT_THE_TOP
    told = _told(span.attributes, said) + (f"  ! {span.error_type}" if span.error_type else "")
    yield f"{_column(start)} {_column(taken)}  {bar}  {indent}{span.name}{told}".rstrip()
    for moment in span.moments:
        at = _column(moment.at_seconds - root.started_seconds)
        yield f"{at} {'':>9}  {'':{_BAR_CHARACTERS}}  {indent}· {moment.name}{_told(moment.attributes, frozenset())}"


def _told(attributes: Mapping[str, Attribute], said: Set[str]) -> str:
    told = [f"{name}={value}" for name, value in attributes.items() if name not in said]
    return f"  {' '.join(told)}" if told else ""


def _bar(start_seconds: float, taken_seconds: float, *, whole: float) -> str:
    """Where in the whole it lies; what is shorter than one character is one all the same."""
    if whole <= 0:
        return "█" * _BAR_CHARACTERS
    begins = min(max(0, int(start_seconds / whole * _BAR_CHARACTERS)), _BAR_CHARACTERS - 1)
    length = max(1, min(round(taken_seconds / whole * _BAR_CHARACTERS), _BAR_CHARACTERS - begins))
    return f"{' ' * begins}{'█' * length}".ljust(_BAR_CHARACTERS)


def _status(ending: e.RequestFinished | e.ClientDisconnected | e.RequestCutOff) -> int | str:
    match ending:
        case e.RequestFinished():
            return ending.status
        case e.ClientDisconnected():
            return "client_disconnected"
        case e.RequestCutOff():
            return "cut_off"


def _started_at(ended: EndedRequest, clock_seconds: float) -> str:
    started = datetime.fromtimestamp(ended.context.started_seconds + clock_seconds, tz=UTC)
    return started.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _milliseconds(seconds: float) -> float:
    return round(seconds * _MILLISECONDS, _DIGITS)


def _column(seconds: float) -> str:
    return f"{seconds * _MILLISECONDS:9.2f}"
