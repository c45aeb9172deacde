"""What tracing costs, in µs of CPU: to note and keep a request, to tell Postgres of it, to send it to a collector.

Run it with `python -m benchmarks.trace_cost`; figures are medians of several rounds of one process, in turns. The
request is one that reads a record: it passes five layers, takes its turn at the limits in Redis and asks Postgres once.
What a thread of its own does for a request sent to a collector is its making of spans and their packing; the sending
itself is left out.
"""

import statistics
import time
from collections.abc import Callable

from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans

from storage.postgres.sql_comment import traced
from telemetry import events as e
from telemetry.context import CURRENT_REQUEST, Identifier, RequestContext
from telemetry.deployment import Deployment
from telemetry.ended_request import EndedRequest
from telemetry.kept_traces import KeptTraces
from telemetry.observers import Observers
from telemetry.otlp import Otlp, worth_sending
from telemetry.recorder import Recorder
from telemetry.recording import CURRENT_CALL
from telemetry.trace_export import ExportPolicy, TraceExport

CALLS = 2_000
ROUNDS = 15
PARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
LAYERS = ("authenticate", "rate_limit", "validate", "handler")
LIMIT, READ = (
    e.DependencyCalled(dependency=name, operation=operation, outcome="ok", error_type="", duration_seconds=0.0002)
    for name, operation in (("redis", "gcra"), ("postgres", "read"))
)
ENDING = e.RequestFinished(
    method="GET", route="/products/{id}", status=200, duration_seconds=0.001, request_id="r-1", trace_id="t-1"
)
INVOCATION = "EXECUTE m_9d9d79b6f4e86291 (%s)"

identify = Identifier()


def unobserved(_event: e.Event) -> None:
    """Nobody listens."""


def answered(observe: Observers) -> Callable[[], object]:
    """Answer a request: all that is noted of it on its way, and told at its end."""

    def one() -> None:
        context = identify()
        place = CURRENT_REQUEST.set(context)
        for layer in LAYERS:
            context.recording.reach(layer)
        for call in (LIMIT, READ):
            within = CURRENT_CALL.set(context.recording.draw())
            observe(call)
            CURRENT_CALL.reset(within)
        observe(ENDING)
        CURRENT_REQUEST.reset(place)

    return one


def untraced() -> None:
    """The same request with its ids and its stages, and nothing noted."""
    context = identify()
    place = CURRENT_REQUEST.set(context)
    for call in (LIMIT, READ):
        context.stages.add(call.dependency, call.duration_seconds)
    CURRENT_REQUEST.reset(place)


def commented(context: RequestContext) -> Callable[[], object]:
    """Write a statement for a request."""

    def one() -> None:
        place = CURRENT_REQUEST.set(context)
        traced(INVOCATION)
        CURRENT_REQUEST.reset(place)

    return one


def sent() -> Callable[[], object]:
    """Make a request's spans and pack them, as the thread does for a collector."""
    kept: list[EndedRequest] = []
    answered(Observers([Recorder(), KeptTraces(offer=lambda ended, _size: kept.append(ended))]))()
    otlp = Otlp("http://127.0.0.1:4318", Deployment(service="bench", version="1", environment="bench"), headers={})
    (ended,) = kept

    def one() -> None:
        made = [otlp.readable(span, ended, clock_nanoseconds=0) for span in worth_sending(ended.spans())]
        encode_spans(made).SerializeToString()

    return one


def micros(one: Callable[[], object]) -> float:
    """CPU time of one call."""
    started = time.process_time()
    for _ in range(CALLS):
        one()
    return (time.process_time() - started) / CALLS * 1e6


def main() -> None:
    """Print the table."""
    export = TraceExport(lambda _requests: "", unobserved, policy=ExportPolicy())
    rows: dict[str, Callable[[], object]] = {
        "a request, untraced": untraced,
        "noted and kept": answered(Observers([Recorder(), KeptTraces()])),
        "and looked at for export": answered(Observers([Recorder(), KeptTraces(offer=export.offer)])),
        "a statement, not sampled": commented(identify()),
        "a statement, sampled": commented(identify(None, [PARENT])),
        "a request sent, in a thread": sent(),
    }
    seen: dict[str, list[float]] = {name: [] for name in rows}
    for _ in range(ROUNDS):
        for name, one in rows.items():
            seen[name].append(micros(one))
    for name, found in seen.items():
        print(f"{name:<30}{statistics.median(found):8.2f} µs")


if __name__ == "__main__":
    main()
