"""Spans in OpenTelemetry's protocol, and the one file that knows its SDK: what is sent to a collector, and how.

It is loaded only where traces are exported: the extra `otlp` brings the library.
"""

import logging
import os
import socket
import time
from collections.abc import Mapping, Sequence

from opentelemetry.exporter.otlp.proto.http import Compression, trace_exporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import Event, ReadableSpan
from opentelemetry.sdk.trace.export import SpanExportResult
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import SpanContext, SpanKind, Status, StatusCode, TraceFlags, TraceState

from telemetry import VERSION
from telemetry.deployment import Deployment
from telemetry.ended_request import EndedRequest
from telemetry.spans import Kind, Span

PATH = "/v1/traces"
SEND_SECONDS = 5.0
"""For one batch, its repeats included: whatever waits behind it is bounded."""

_LEAST_LAYER_SECONDS = 0.0001
"""A layer of less in which nothing lies is not sent: it tells nothing, and storage is paid for by the span."""

_NANOSECONDS = 1_000_000_000
_REASON_CHARACTERS = 300
_SCOPE = InstrumentationScope("mainstay", VERSION)
_KINDS: Mapping[Kind, SpanKind] = {
    "server": SpanKind.SERVER,
    "internal": SpanKind.INTERNAL,
    "client": SpanKind.CLIENT,
}


class Otlp:
    """Sends requests' spans to a collector, by OTLP over HTTP; call it from a thread, as it waits for the answer."""

    def __init__(self, endpoint: str, deployment: Deployment, *, headers: Mapping[str, str]) -> None:
        self._resource = Resource.create(
            {
                "service.name": deployment.service,
                "service.version": deployment.version,
                "deployment.environment.name": deployment.environment,
                "host.name": socket.gethostname(),
                "process.pid": os.getpid(),
            }
        )
        self._words = _LastWords()
        logging.getLogger(trace_exporter.__name__).addFilter(self._words)
        self._exporter = OTLPSpanExporter(
            endpoint=endpoint.rstrip("/").removesuffix(PATH) + PATH,
            headers=headers,
            timeout=SEND_SECONDS,
            compression=Compression.Gzip,
        )

    def __call__(self, requests: Sequence[EndedRequest]) -> str:
        """Send them; empty where they were taken, else the reason."""
        clock = time.time_ns() - time.monotonic_ns()
        made: list[ReadableSpan] = []
        for ended in requests:
            made += [self.readable(span, ended, clock_nanoseconds=clock) for span in worth_sending(ended.spans())]
            time.sleep(0)  # let the event loop have its turn
        if self._exporter.export(made) is SpanExportResult.SUCCESS:
            return ""
        return self._words.last[:_REASON_CHARACTERS] or "the collector did not take them"

    def readable(self, span: Span, ended: EndedRequest, *, clock_nanoseconds: int) -> ReadableSpan:
        """A span in the library's form; the last number is what to add to times to have nanoseconds since 1970."""
        context = ended.context
        parent_id = context.span_id_of(span.parent) if span.depth else context.parent_id
        error_type = {"error.type": span.error_type} if span.error_type else {}
        return ReadableSpan(
            name=span.name,
            context=_place(ended, context.span_id_of(span.number)),
            parent=_place(ended, parent_id, is_remote=not span.depth) if parent_id else None,
            resource=self._resource,
            attributes={**span.attributes, **error_type},
            events=[
                Event(moment.name, dict(moment.attributes), _nanoseconds(moment.at_seconds) + clock_nanoseconds)
                for moment in span.moments
            ],
            kind=_KINDS[span.kind],
            status=Status(StatusCode.ERROR if span.error_type else StatusCode.UNSET),
            start_time=_nanoseconds(span.started_seconds) + clock_nanoseconds,
            end_time=_nanoseconds(span.ended_seconds) + clock_nanoseconds,
            instrumentation_scope=_SCOPE,
        )


def worth_sending(spans: Sequence[Span]) -> list[Span]:
    """All but the layers in which the request was for a moment only, and asked nobody."""
    parents = {span.parent for span in spans}
    return [span for span in spans if not _is_negligible(span) or span.number in parents]


def _is_negligible(span: Span) -> bool:
    is_layer = span.depth == 1 and span.kind == "internal"
    return is_layer and not span.moments and span.ended_seconds - span.started_seconds < _LEAST_LAYER_SECONDS


def _place(ended: EndedRequest, span_id: str, *, is_remote: bool = False) -> SpanContext:
    context = ended.context
    return SpanContext(
        trace_id=int(context.trace_id, 16),
        span_id=int(span_id, 16),
        is_remote=is_remote,
        trace_flags=TraceFlags(TraceFlags.SAMPLED),
        trace_state=TraceState.from_header([context.tracestate]) if context.tracestate else None,
    )


def _nanoseconds(seconds: float) -> int:
    return int(seconds * _NANOSECONDS)


class _LastWords(logging.Filter):
    """Keeps what the library says of a failure, and keeps it from the log: a collector that is away is told of once."""

    def __init__(self) -> None:
        super().__init__()
        self.last = ""

    def filter(self, record: logging.LogRecord) -> bool:
        """Remember the record; let none pass."""
        self.last = record.getMessage()
        return False
