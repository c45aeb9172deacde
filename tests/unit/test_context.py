"""Request ids and W3C Trace Context."""

import pytest

from telemetry.context import Identifier, Parent, parse_traceparent

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
SPAN = "00f067aa0ba902b7"


@pytest.mark.parametrize(
    ("header", "sampled"),
    [
        (f"00-{TRACE}-{SPAN}-01", True),
        (f"00-{TRACE}-{SPAN}-00", False),
        (f"00-{TRACE}-{SPAN}-03", True),
        (f"00-{TRACE}-{SPAN}-fe", False),
        (f"  00-{TRACE}-{SPAN}-01\t", True),
        (f"01-{TRACE}-{SPAN}-01", True),
        (f"cc-{TRACE}-{SPAN}-01-what-the-future-brings", True),
    ],
)
def test_a_valid_traceparent_is_followed(header: str, *, sampled: bool) -> None:
    assert parse_traceparent([header]) == Parent(trace_id=TRACE, span_id=SPAN, sampled=sampled)


@pytest.mark.parametrize(
    "header",
    [
        "",
        "00",
        f"ff-{TRACE}-{SPAN}-01",
        f"0-{TRACE}-{SPAN}-01",
        f"00-{TRACE}-{SPAN}-1",
        f"00-{TRACE}-{SPAN}-01-more",
        f"00-{TRACE}-{SPAN}-01-",
        f"cc-{TRACE}-{SPAN}-01.more",
        f"00-{'0' * 32}-{SPAN}-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"00-{TRACE.upper()}-{SPAN}-01",
        f"00-{TRACE[:-1]}-{SPAN}-01",
        f"00-{TRACE}-{SPAN}0-01",
        f"00-{TRACE}-{SPAN}-0x",
        f"00-{TRACE}-{SPAN}-01\n",
        f"00_{TRACE}_{SPAN}_01",
        f"\u0660\u0660-{TRACE}-{SPAN}-01",
    ],
)
def test_a_traceparent_that_breaks_the_rules_is_ignored(header: str) -> None:
    assert parse_traceparent([header]) is None


def test_a_call_made_for_a_request_is_a_span_of_its_own_in_the_same_trace() -> None:
    context = Identifier()(traceparents=[f"00-{TRACE}-{SPAN}-01"])

    ids = [context.span_id_of(context.recording.draw()) for _ in range(2)]
    calls = [parse_traceparent([context.traceparent_of(span_id)]) for span_id in ids]

    assert [(call.trace_id, call.sampled) for call in calls if call] == [(TRACE, True)] * 2
    assert len({SPAN, context.span_id, *(call.span_id for call in calls if call)}) == 4


def test_two_traceparents_are_ignored() -> None:
    assert parse_traceparent([f"00-{TRACE}-{SPAN}-01", f"00-{TRACE}-{SPAN}-01"]) is None


def test_a_request_joins_its_callers_trace_with_a_span_of_its_own() -> None:
    context = Identifier()(traceparents=[f"00-{TRACE}-{SPAN}-01"])

    assert (context.trace_id, context.sampled, context.span_id == SPAN) == (TRACE, True, False)
    assert context.traceparent == f"00-{TRACE}-{context.span_id}-01"


def test_a_request_without_a_caller_starts_a_trace_that_is_valid() -> None:
    context = Identifier()()

    assert parse_traceparent([context.traceparent]) == Parent(
        trace_id=context.trace_id, span_id=context.span_id, sampled=False
    )


@pytest.mark.parametrize("given", ["a", "A-b_c.9", "x" * 64])
def test_a_sane_request_id_is_kept(given: str) -> None:
    assert Identifier()(given).request_id == given


@pytest.mark.parametrize("given", [None, "", "x" * 65, "a b", "a\n", "a\r\nSet-Cookie: b", "é", "a/b", "{}"])
def test_any_other_request_id_is_replaced(given: str | None) -> None:
    identify = Identifier(random_bits=lambda _: 0xABC)

    assert [identify(given).request_id, identify(given).request_id] == ["000000000abc-1", "000000000abc-2"]


def test_ids_do_not_repeat() -> None:
    identify = Identifier()
    contexts = [identify() for _ in range(1_000)]

    assert [
        len({getattr(context, name) for context in contexts}) for name in ("request_id", "trace_id", "span_id")
    ] == [1_000] * 3


def test_a_context_remembers_when_it_began() -> None:
    assert Identifier(now=lambda: 12.5)().started_seconds == 12.5


@pytest.mark.parametrize(("ratio", "least", "most"), [(0.0, 0, 0), (0.25, 180, 320), (1.0, 1_000, 1_000)])
def test_of_traces_that_begin_here_so_many_are_sampled(ratio: float, least: int, most: int) -> None:
    identify = Identifier(sample_ratio=ratio, random_bits=lambda _bits: 7)

    sampled = sum(identify().sampled for _ in range(1_000))

    assert least <= sampled <= most


def test_whether_another_s_trace_is_sampled_is_as_that_one_says() -> None:
    identify = Identifier(sample_ratio=1.0)

    contexts = [identify(traceparents=[f"00-{TRACE}-{SPAN}-{flags}"]) for flags in ("00", "01")]

    assert [context.sampled for context in contexts] == [False, True]
    assert {context.parent_id for context in contexts} == {SPAN}
