"""Which bugs are reported, and what becomes of the others."""

import threading

from telemetry.error_reports import WAITING_AT_MOST, Delivery, ErrorReports, Report
from telemetry.events import ExceptionCaught, ReportingChanged, ServiceStopped
from telemetry.report_limits import ReportLimits, ReportPolicy
from tests.recorder import Recorder
from tests.told_bug import CAUGHT, caught

PLENTY = ReportPolicy(kind_seconds=60, at_once=1_000, a_minute=1_000)


class Postman:
    """Takes reports, one at a time, once it may."""

    def __init__(self, *deliveries: Delivery) -> None:
        self.taken: list[Report] = []
        self.may_go = threading.Event()
        self.may_go.set()
        self.has_one = threading.Event()
        self._deliveries = list(deliveries)

    def __call__(self, report: Report) -> Delivery:
        self.has_one.set()
        assert self.may_go.wait(10)
        self.taken.append(report)
        return self._deliveries.pop(0) if self._deliveries else Delivery("sent")


def reports_by(postman: Postman, events: Recorder, policy: ReportPolicy = PLENTY) -> ErrorReports:
    return ErrorReports(postman, events, limits=ReportLimits(policy), now=lambda: 1_000.0)


def kinds(count: int) -> list[ExceptionCaught]:
    return [caught(fingerprint=f"{number:04x}") for number in range(count)]


async def test_of_one_kind_one_is_sent_and_the_others_are_counted(events: Recorder) -> None:
    postman = Postman()
    reports = reports_by(postman, events)
    for _ in range(1_000):
        reports.report(CAUGHT)
    reports.close()

    assert [(report.caught, report.at_seconds, report.left_out) for report in postman.taken] == [(CAUGHT, 1_000.0, 0)]
    assert reports.counts == {"sent": 1, "rate_limited": 999, "dropped": 0, "failed": 0}


async def test_one_without_its_places_waits_for_one_that_has_them(events: Recorder) -> None:
    postman = Postman()
    reports = reports_by(postman, events)
    reports.report(caught(errors=()))
    reports.report(CAUGHT)
    reports.close()

    assert [report.caught for report in postman.taken] == [CAUGHT]


async def test_what_finds_no_room_is_dropped_and_counted(events: Recorder) -> None:
    postman = Postman()
    postman.may_go.clear()
    reports = reports_by(postman, events)
    reports.report(CAUGHT)
    assert postman.has_one.wait(10)
    for event in kinds(WAITING_AT_MOST + 7):
        reports.report(event)
    postman.may_go.set()
    while_waiting = reports.counts["dropped"]
    reports.close()

    assert while_waiting == 7
    assert reports.counts == {"sent": WAITING_AT_MOST + 1, "rate_limited": 0, "dropped": 7, "failed": 0}


async def test_closing_gives_up_on_what_hangs(events: Recorder) -> None:
    postman = Postman()
    postman.may_go.clear()
    reports = reports_by(postman, events)
    for event in kinds(5):
        reports.report(event)
    assert postman.has_one.wait(10)
    reports.close(wait_seconds=0.01)
    postman.may_go.set()

    assert reports.counts["dropped"] == 4


async def test_it_is_told_once_when_reports_are_not_taken_and_once_when_they_are_again(events: Recorder) -> None:
    postman = Postman(
        Delivery("failed", "answered with 500"), Delivery("failed", "answered with 500"), Delivery("sent")
    )
    reports = reports_by(postman, events)
    for event in kinds(4):
        reports.report(event)
    reports.close()

    await events.wait_for(ReportingChanged, lambda change: change.is_taken)
    assert events.events == [
        ReportingChanged(is_taken=False, reason="answered with 500"),
        ReportingChanged(is_taken=True, reason=""),
    ]
    assert reports.counts == {"sent": 2, "rate_limited": 0, "dropped": 0, "failed": 2}


def test_nobody_reads_anything_but_bugs(events: Recorder) -> None:
    reports = reports_by(Postman(), events)

    assert reports.reader_of(ServiceStopped(service="shop")) is None
    assert reports.reader_of(CAUGHT) == reports.report


def test_without_a_bug_there_is_nothing_to_close(events: Recorder) -> None:
    reports = reports_by(Postman(), events)
    reports.close()

    assert set(reports.counts.values()) == {0}


def test_a_kind_is_reported_again_after_its_time_with_how_many_were_left_out() -> None:
    limits = ReportLimits(PLENTY)
    told = [limits.left_out_before("a", now=now) for now in (0, 1, 59, 60, 61)]

    assert told == [0, None, None, 2, None]


def test_of_many_kinds_some_are_reported_at_once_and_then_so_many_a_minute() -> None:
    limits = ReportLimits(ReportPolicy(kind_seconds=60, at_once=5, a_minute=30))
    at_once = [limits.left_out_before(f"{number}", now=0) for number in range(10)]
    later = [limits.left_out_before(f"later {number}", now=4) for number in range(10)]

    assert (at_once.count(0), later.count(0)) == (5, 2)


def test_what_the_limit_on_all_kinds_kept_back_is_reported_as_soon_as_there_is_room() -> None:
    limits = ReportLimits(ReportPolicy(kind_seconds=60, at_once=1, a_minute=60))
    limits.left_out_before("a", now=0)
    kept_back = [limits.left_out_before("b", now=0) for _ in range(3)]

    assert (kept_back, limits.left_out_before("b", now=1)) == ([None, None, None], 3)


def test_endless_kinds_are_not_remembered_endlessly() -> None:
    limits = ReportLimits(ReportPolicy(kind_seconds=60, at_once=10_000, a_minute=10_000))
    for number in range(5_000):
        limits.left_out_before(f"{number}", now=0)

    assert limits.left_out_before("0", now=0) == 0  # forgotten
    assert limits.left_out_before("4999", now=0) is None
