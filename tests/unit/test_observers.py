"""The fan-out of events."""

import logging

import pytest

from telemetry.events import Event, ServiceStopped, SettingUnknown
from telemetry.observers import Observers, Only, Read, Sure, bound
from tests.recorder import Recorder


def test_every_reader_gets_every_event() -> None:
    first, second = Recorder(), Recorder()

    Observers([first, second])(ServiceStopped(service="shop"))

    assert (first.events, second.events) == ([ServiceStopped(service="shop")],) * 2


def test_a_failing_reader_is_counted_and_keeps_nothing_from_the_others(events: Recorder) -> None:
    def broken(event: Event) -> None:
        raise ValueError(event)

    observers = Observers([broken, events])
    observers(ServiceStopped(service="shop"))

    assert (events.events, observers.dropped) == ([ServiceStopped(service="shop")], 1)


def test_a_reader_of_one_kind_hears_of_no_other() -> None:
    heard: list[ServiceStopped] = []

    observers = Observers([Only(ServiceStopped, heard.append)])
    observers(SettingUnknown(variable="MAINSTAY_X"))
    observers(ServiceStopped(service="shop"))

    assert (heard, observers.dropped) == ([ServiceStopped(service="shop")], 0)


def test_a_reader_is_asked_once_for_each_kind_whether_it_wants_it() -> None:
    asked: list[Event] = []

    class Curious:
        def reader_of(self, event: Event) -> None:
            asked.append(event)

    observers = Observers([Curious()])
    for number in range(3):
        observers(SettingUnknown(variable=str(number)))
    observers(ServiceStopped(service="shop"))

    assert asked == [SettingUnknown(variable="0"), ServiceStopped(service="shop")]


def test_the_first_failure_of_each_kind_has_its_traceback_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    def broken(event: Event) -> None:
        raise ValueError(event) if isinstance(event, ServiceStopped) else KeyError(event)

    observers = Observers([broken])
    for _ in range(3):
        observers(ServiceStopped(service="shop"))
        observers(SettingUnknown(variable="MAINSTAY_X"))

    told = [(record.name, record.exc_info[0]) for record in caplog.records if record.exc_info]
    assert (told, observers.dropped) == (
        [("telemetry.observers", ValueError), ("telemetry.observers", KeyError)],
        6,
    )


def test_a_reader_that_fails_at_the_telling_of_its_own_failure_is_told_of_once() -> None:
    def broken(event: Event) -> None:
        raise ValueError(event)

    class Telling(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            observers(SettingUnknown(variable=record.name))

    observers = Observers([broken])
    logger, handler = logging.getLogger("telemetry.observers"), Telling()
    logger.addHandler(handler)
    try:
        observers(ServiceStopped(service="shop"))
    finally:
        logger.removeHandler(handler)

    assert observers.dropped == 2


def test_a_reader_that_cannot_say_what_it_wants_is_counted_and_keeps_nothing_from_the_others(events: Recorder) -> None:
    class Undecided:
        def reader_of(self, event: Event) -> None:
            raise ValueError(event)

    observers = Observers([Undecided(), events])
    for _ in range(2):
        observers(ServiceStopped(service="shop"))

    assert (len(events.events), observers.dropped) == (2, 1)


def test_an_event_that_is_always_the_same_reaches_whoever_wants_it_and_a_failing_reader_is_counted() -> None:
    heard, stopped = Recorder(), ServiceStopped(service="shop")

    def broken(event: Event) -> None:
        raise ValueError(event)

    observers = Observers([broken, Only(SettingUnknown, broken), heard])
    tell = observers.bound(stopped)
    tell()
    tell()

    assert (heard.events, observers.dropped) == ([stopped, stopped], 2)


class Counting:
    """Counts one event, told again and again."""

    def __init__(self) -> None:
        self.counted = 0

    def reader_of(self, _event: Event) -> Read:
        return lambda _event: self.count()

    def bound(self, _event: Event) -> Sure:
        return Sure(self.count)

    def count(self) -> None:
        self.counted += 1


def test_what_cannot_fail_is_counted_alone_and_beside_other_readers() -> None:
    alone, beside, heard, stopped = Counting(), Counting(), Recorder(), ServiceStopped(service="shop")

    for observers in (Observers([alone]), Observers([beside, heard])):
        observers.bound(stopped)()

    assert (alone.counted, beside.counted, heard.events) == (1, 1, [stopped])


def test_what_is_no_fan_out_is_told_the_event_itself(events: Recorder) -> None:
    bound(events, ServiceStopped(service="shop"))()

    assert events.events == [ServiceStopped(service="shop")]
