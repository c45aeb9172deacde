"""The fan-out of events."""

from telemetry.events import Event, ServiceStopped
from telemetry.observers import Observers
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
