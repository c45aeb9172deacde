"""Reports of bugs at a Sentry that listens, refuses, hangs or is not there."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from telemetry.caught_errors import CaughtError, Frame
from telemetry.deployment import Deployment
from telemetry.error_reports import Delivery, Report
from telemetry.sentry import PAUSE_SECONDS, Sentry, dsn_fault
from tests.hand_clock import HandClock
from tests.sentry_sink import SentrySink, sentry_sink
from tests.told_bug import CAUGHT, caught

SHOP = Deployment(service="shop", version="1.2.3", environment="staging")
REPORT = Report(caught=CAUGHT, at_seconds=1_795_262_400.25, left_out=7)


@pytest.fixture
def sink() -> Iterator[SentrySink]:
    with sentry_sink() as listening:
        yield listening


def test_a_bug_arrives_as_an_event_with_all_that_leads_to_its_cause_and_no_more(
    sink: SentrySink,
) -> None:
    delivery = Sentry(sink.dsn, SHOP)(REPORT)

    (event,) = sink.events
    sdk, event_id = event.pop("sdk"), event.pop("event_id")
    assert delivery == Delivery("sent")
    assert (sdk["name"], sdk["integrations"], len(event_id)) == ("sentry.python", [], 32)
    assert (
        event.pop("contexts").items()
        >= {
            "trace": {
                "trace_id": "0af7651916cd43dd8448eb211c80319c",
                "span_id": "b7ad6b7169203331",
                "op": "http.server",
            },
            "reports": {"left_out_since_the_last_of_this_kind": 7},
        }.items()
    )
    assert event == {
        "timestamp": "2026-11-21T12:00:00.250000Z",
        "level": "error",
        "platform": "python",
        "logger": "mainstay",
        "release": "shop@1.2.3",
        "environment": "staging",
        "transaction": "POST /pay",
        "tags": {
            "service": "shop",
            "route": "/pay",
            "method": "POST",
            "request_id": "r-1",
            "fingerprint": "f00d",
        },
        "exception": {
            "values": [
                {
                    "type": "KeyError",
                    "module": "builtins",
                    "value": "1",
                    "mechanism": {"type": "mainstay", "handled": False},
                    "stacktrace": {
                        "frames": [
                            {"filename": "shop.py", "module": "shop", "function": "pay", "lineno": 3, "in_app": True}
                        ]
                    },
                }
            ]
        },
    }


def test_it_is_packed_and_says_whose_it_is(sink: SentrySink) -> None:
    Sentry(sink.dsn, SHOP)(REPORT)

    ((path, headers),) = sink.requests
    assert (path, headers["Content-Encoding"]) == ("/api/42/envelope/", "gzip")
    assert headers["X-Sentry-Auth"].startswith("Sentry sentry_key=canarykey, sentry_version=7, sentry_client=mainstay/")


def test_a_place_comes_with_the_lines_around_it_and_without_the_folders_above(sink: SentrySink) -> None:
    here = Frame(path=__file__, module=__name__, function="f", line_number=2, source="")
    ours = Frame(path="/x/y/middleware/inbound/problems.py", module="middleware.inbound.problems", function="f",
                 line_number=1, source="")  # fmt: skip
    package = Frame(path="/x/site-packages/lib/__init__.py", module="lib", function="f", line_number=1, source="")
    error = CaughtError(error_type="E", module="m", message="", frames=(here, ours, package))
    Sentry(sink.dsn, SHOP)(replace(REPORT, caught=caught(errors=(error,))))

    first, *others = sink.events[0]["exception"]["values"][0]["stacktrace"]["frames"]
    assert (first["filename"], first["in_app"]) == ("tests/integration/test_sentry.py", True)
    assert first["pre_context"] == ['"""Reports of bugs at a Sentry that listens, refuses, hangs or is not there."""']
    assert (first["context_line"], first["post_context"][0]) == ("", "from collections.abc import Iterator")
    assert [(other["filename"], other["in_app"]) for other in others] == [
        ("middleware/inbound/problems.py", False),
        ("lib/__init__.py", False),
    ]


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "30"}, 30),
        ({"X-Sentry-Rate-Limits": "10:transaction:key, 45:error;default:organization"}, 45),
        ({"X-Sentry-Rate-Limits": "20::organization"}, 20),
        ({"Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT"}, PAUSE_SECONDS),
        ({}, PAUSE_SECONDS),
    ],
    ids=str,
)
def test_a_sentry_that_wants_fewer_gets_none_for_as_long_as_it_says(
    sink: SentrySink, headers: dict[str, str], seconds: float
) -> None:
    clock = HandClock()
    sentry = Sentry(sink.dsn, SHOP, now=clock.clock.now)
    sink.status, sink.headers = 429, headers
    first = sentry(REPORT)
    sink.status, sink.headers = 200, {}
    clock.advance(seconds - 0.1)
    early = sentry(REPORT)
    clock.advance(0.2)
    later = sentry(REPORT)

    assert [first.outcome, early.outcome, later.outcome] == ["rate_limited", "rate_limited", "sent"]
    assert len(sink.requests) == 2


@pytest.mark.parametrize("status", [301, 400, 401, 413, 500, 503])
def test_any_other_refusal_is_a_failure_that_says_which(sink: SentrySink, status: int) -> None:
    sink.status = status

    assert Sentry(sink.dsn, SHOP)(REPORT) == Delivery("failed", f"answered with {status}")


def test_a_sentry_that_hangs_is_waited_for_a_while(sink: SentrySink) -> None:
    sink.goes_on.clear()

    assert Sentry(sink.dsn, SHOP, timeout_seconds=0.05)(REPORT) == Delivery("failed", "TimeoutError")


def test_a_sentry_that_is_not_there_is_a_failure() -> None:
    with sentry_sink() as gone:
        dsn = gone.dsn

    assert Sentry(dsn, SHOP)(REPORT) == Delivery("failed", "ConnectionRefusedError")


@pytest.mark.parametrize(
    "dsn",
    ["nonsense", "http://sentry.example/1", "https://key@sentry.example/", "ftp://k@h/1", "https://key@host:port/1"],
)
def test_a_dsn_that_is_none_is_refused_without_being_repeated(dsn: str) -> None:
    fault = dsn_fault(dsn)

    assert "DSN" in fault
    assert dsn not in fault
