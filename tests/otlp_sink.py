"""A collector of traces on this machine, by OTLP over HTTP: it keeps what it gets, and behaves as the test says."""

import gzip
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span as SpanMessage

from tests.integration.processes import until

POLL_SECONDS = 0.02

Told = dict[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """One span as it came; ids in hexadecimal."""

    name: str
    kind: str
    trace_id: str
    span_id: str
    parent_id: str
    state: str
    attributes: Told
    events: tuple[str, ...]
    seconds: float
    is_error: bool
    resource: Told


class OtlpSink:
    """What came: `spans` in their order, `headers` of each request. It answers with `status`.

    While `goes_on` is not set, it answers nothing at all.
    """

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.spans: list[Sent] = []
        self.headers: list[dict[str, str]] = []
        self.paths: list[str] = []
        self.raw = b""
        self.status = 200
        self.goes_on = threading.Event()
        self.goes_on.set()

    def take(self, path: str, headers: dict[str, str], body: bytes) -> None:
        """Keep a request."""
        self.paths.append(path)
        self.headers.append(headers)
        self.goes_on.wait()
        if self.status == 200:
            unpacked = gzip.decompress(body)
            self.raw += unpacked
            self.spans += _spans_in(unpacked)

    async def named(self, name: str) -> Sent:
        """The first span of this name, once it has come; else raises TimeoutError."""
        await until(lambda: any(one.name == name for one in self.spans))
        return next(one for one in self.spans if one.name == name)

    async def span(self, span_id: str) -> Sent:
        """The span of this id, once it has come; else raises TimeoutError."""
        await until(lambda: any(one.span_id == span_id for one in self.spans))
        return next(one for one in self.spans if one.span_id == span_id)

    def below(self, parent: Sent) -> list[Sent]:
        """The spans that lie in this one."""
        return [one for one in self.spans if one.parent_id == parent.span_id]


@contextmanager
def otlp_sink() -> Iterator[OtlpSink]:
    """Listen on a free port until left."""
    sinks: list[OtlpSink] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            (sink,) = sinks
            sink.take(self.path, dict(self.headers), self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(sink.status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name the library calls it by
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    sinks.append(OtlpSink(server.server_address[1]))
    thread = threading.Thread(target=server.serve_forever, args=(POLL_SECONDS,))
    thread.start()
    try:
        yield sinks[0]
    finally:
        sinks[0].goes_on.set()
        server.shutdown()
        thread.join()
        server.server_close()


def _spans_in(body: bytes) -> Iterator[Sent]:
    for group in ExportTraceServiceRequest.FromString(body).resource_spans:
        resource = _told(group.resource.attributes)
        for scope in group.scope_spans:
            for span in scope.spans:
                yield _sent(span, resource)


def _sent(span: SpanMessage, resource: Told) -> Sent:
    return Sent(
        name=span.name,
        kind=SpanMessage.SpanKind.Name(span.kind).removeprefix("SPAN_KIND_").lower(),
        trace_id=span.trace_id.hex(),
        span_id=span.span_id.hex(),
        parent_id=span.parent_span_id.hex(),
        state=span.trace_state,
        attributes=_told(span.attributes),
        events=tuple(event.name for event in span.events),
        seconds=(span.end_time_unix_nano - span.start_time_unix_nano) / 1e9,
        is_error=span.status.code == span.status.STATUS_CODE_ERROR,
        resource=resource,
    )


def _told(attributes: Iterable[KeyValue]) -> Told:
    return {one.key: _value(one.value) for one in attributes}


def _value(value: AnyValue) -> object:
    found: object = getattr(value, value.WhichOneof("value") or "string_value")
    return found
