"""The spans that are made of what was noted of a request."""

from collections.abc import Iterator

import pytest

from telemetry import events as e
from telemetry.caught_errors import CaughtError
from telemetry.context import CURRENT_REQUEST, Identifier, RequestContext
from telemetry.ended_request import EndedRequest, Ending
from telemetry.observers import Observers
from telemetry.recorder import Recorder
from telemetry.recording import CURRENT_CALL, NOTES_AT_MOST
from telemetry.spans import Span
from tests.hand_clock import HandClock
from tests.told_bug import caught

READ = e.DependencyCalled(
    dependency="postgres", operation="orders.read", outcome="ok", error_type="", duration_seconds=0.25
)
CHARGE = e.DependencyCalled(
    dependency="payments", operation="write", outcome="error", error_type="unavailable", duration_seconds=0.75
)
ATTEMPT = e.UpstreamAttempted(
    dependency="payments",
    method="POST",
    address="payments.example",
    port=443,
    status=503,
    error_type="unavailable",
    duration_seconds=0.25,
    span=3,
)
CAUGHT = caught(
    error_type="ZeroDivisionError",
    errors=(CaughtError(error_type="ZeroDivisionError", module="builtins", message="a secret"),),
)

observe = Observers([Recorder()])


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def context(clock: HandClock) -> Iterator[RequestContext]:
    """A request that began at 0 seconds, and is being ended."""
    made = Identifier(now=clock.clock.now)("r-1")
    token = CURRENT_REQUEST.set(made)
    yield made
    CURRENT_REQUEST.reset(token)


def finished(context: RequestContext, *, status: int = 200, seconds: float) -> EndedRequest:
    ending = e.RequestFinished(
        method="GET",
        route="/orders/{id}",
        status=status,
        duration_seconds=seconds,
        request_id=context.request_id,
        trace_id=context.trace_id,
        credential_id="k1",
    )
    return EndedRequest(ending, context)


def drawn(ended: EndedRequest) -> list[tuple[int, str, float, float]]:
    """How deep each span lies, its name, its beginning since the request's own, and its length."""
    began = ended.context.started_seconds
    return [
        (span.depth, span.name, span.started_seconds - began, span.ended_seconds - span.started_seconds)
        for span in ended.spans()
    ]


def named(ended: EndedRequest, name: str) -> Span:
    return next(span for span in ended.spans() if span.name == name)


def told(clock: HandClock, event: e.Event, *, call: int = 0, after_seconds: float = 0.0) -> None:
    clock.advance(after_seconds)
    token = CURRENT_CALL.set(call)
    observe(event)
    CURRENT_CALL.reset(token)


def test_calls_lie_in_their_layers_and_attempts_in_their_calls(clock: HandClock, context: RequestContext) -> None:
    clock.advance(0.25)
    context.recording.reach("validate")
    clock.advance(0.25)
    context.recording.reach("handler")
    told(clock, e.ConnectionAcquired(pool="postgres", wait_seconds=0.125), call=1, after_seconds=0.125)
    told(clock, READ, call=1, after_seconds=0.125)
    told(clock, ATTEMPT, call=2, after_seconds=0.25)
    told(clock, e.Retried(target="payments.writes", outcome="error"), call=2)
    told(clock, CHARGE, call=2, after_seconds=0.5)

    ended = finished(context, seconds=2.0)

    assert drawn(ended) == [
        (0, "GET /orders/{id}", 0.0, 2.0),
        (1, "validate", 0.25, 0.25),
        (1, "handler", 0.5, 1.5),
        (2, "orders.read postgres", 0.5, 0.25),
        (3, "connection_wait postgres", 0.5, 0.125),
        (2, "write payments", 0.75, 0.75),
        (3, "POST", 0.75, 0.25),
    ]
    assert [moment.name for moment in named(ended, "write payments").moments] == ["retry"]


def test_spans_speak_opentelemetry_s_words(clock: HandClock, context: RequestContext) -> None:
    told(clock, READ, call=1, after_seconds=0.25)
    told(clock, ATTEMPT, call=2, after_seconds=0.25)
    told(clock, CHARGE, call=2)

    ended = finished(context, seconds=0.5)

    assert {span.name: (span.kind, dict(span.attributes), span.error_type) for span in ended.spans()} == {
        "GET /orders/{id}": (
            "server",
            {
                "http.request.method": "GET",
                "http.route": "/orders/{id}",
                "http.response.status_code": 200,
                "mainstay.credential.id": "k1",
                "mainstay.request.id": "r-1",
            },
            "",
        ),
        "orders.read postgres": (
            "client",
            {"mainstay.outcome": "ok", "db.system.name": "postgresql", "db.operation.name": "orders.read"},
            "",
        ),
        "write payments": ("internal", {"mainstay.outcome": "error", "service.peer.name": "payments"}, "unavailable"),
        "POST": (
            "client",
            {
                "http.request.method": "POST",
                "server.address": "payments.example",
                "server.port": 443,
                "http.response.status_code": 503,
            },
            "unavailable",
        ),
    }


def test_a_bug_is_told_by_its_type_and_without_its_traceback(clock: HandClock, context: RequestContext) -> None:
    told(clock, CAUGHT)

    ended = finished(context, status=500, seconds=0.5)
    root = ended.spans()[0]

    assert (root.error_type, [dict(moment.attributes) for moment in root.moments]) == (
        "ZeroDivisionError",
        [{"exception.type": "ZeroDivisionError"}],
    )
    assert "a secret" not in str(context.recording.notes)


def test_what_was_read_from_a_cache_is_told_where_it_was_read(clock: HandClock, context: RequestContext) -> None:
    context.recording.reach("handler")
    told(clock, e.CacheRead(cache="products", result="hit"), after_seconds=0.25)

    moments = named(finished(context, seconds=0.5), "handler").moments

    assert [(one.name, one.at_seconds - context.started_seconds, dict(one.attributes)) for one in moments] == [
        ("cache", 0.25, {"cache": "products", "result": "hit"})
    ]


@pytest.mark.parametrize(
    ("ending", "name", "error_type", "has_failed"),
    [
        (e.ClientDisconnected, "GET /orders/{id}", "", False),
        (e.RequestCutOff, "GET /orders/{id}", "cut_off", True),
    ],
)
def test_a_request_without_an_answer_has_spans_too(
    context: RequestContext, *, ending: type[Ending], name: str, error_type: str, has_failed: bool
) -> None:
    told_of = ending(method="GET", route="/orders/{id}", duration_seconds=1.0, request_id="r-1", trace_id="t-1")  # type: ignore[call-arg]  # RequestFinished has more

    ended = EndedRequest(told_of, context)

    root = ended.spans()[0]
    assert (root.name, root.error_type, ended.has_failed) == (name, error_type, has_failed)


def test_an_address_nobody_declared_names_no_span(context: RequestContext) -> None:
    ending = e.RequestFinished(
        method=e.OTHER, route=e.UNMATCHED, status=404, duration_seconds=1.0, request_id="r-1", trace_id="t-1"
    )

    root = EndedRequest(ending, context).spans()[0]

    assert (root.name, root.error_type) == ("HTTP", "")
    assert "http.route" not in root.attributes


def test_of_a_request_that_asks_without_end_the_beginning_is_kept(clock: HandClock, context: RequestContext) -> None:
    for number in range(NOTES_AT_MOST + 10):
        told(clock, READ, call=number + 1)

    spans = finished(context, seconds=1.0).spans()

    assert (len(spans), spans[0].attributes["mainstay.left_out"]) == (NOTES_AT_MOST + 1, 10)


def test_nothing_is_noted_of_a_request_that_has_ended(clock: HandClock, context: RequestContext) -> None:
    context.recording.close()
    told(clock, READ, call=1)

    assert context.recording.notes == []


def test_what_is_told_outside_of_any_request_is_nobody_s() -> None:
    observe(READ)

    assert observe.dropped == 0


def test_a_call_is_a_stage_of_the_server_timing_header(clock: HandClock, context: RequestContext) -> None:
    told(clock, READ)

    assert context.stages.header(0.5) == "total;dur=500.00, postgres;dur=250.00"


def test_span_ids_are_all_different_and_well_formed(context: RequestContext) -> None:
    ids = {context.span_id_of(number) for number in range(-1_000, 1_000)}

    assert len(ids) == 2_000
    assert {len(one) for one in ids} == {16}
    assert context.span_id_of(0) == context.span_id
