"""The fan-out of events."""

from telemetry.events import Event, ServiceStopped, SettingUnknown
from telemetry.observers import Observers, Only
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
