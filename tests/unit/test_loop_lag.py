"""The event loop's lag, measured."""

from middleware.loop_lag import MEASURE_SECONDS, LoopLag
from telemetry.events import EventLoopLagged
from tests.hand_clock import HandClock
from tests.recorder import Recorder


def test_a_loop_that_keeps_up_has_no_lag(events: Recorder) -> None:
    time = HandClock()
    LoopLag(events, clock=time.clock).start()

    time.advance(2 * MEASURE_SECONDS)

    assert events.events == [EventLoopLagged(lag_seconds=0.0)] * 2


def test_a_loop_that_is_held_up_is_as_late_as_that(events: Recorder) -> None:
    time = HandClock()
    LoopLag(events, clock=time.clock).start()
    time.instant = MEASURE_SECONDS + 0.5  # nothing is called meanwhile

    time.advance(0)

    assert events.events == [EventLoopLagged(lag_seconds=0.5)]


def test_after_its_end_nothing_is_measured(events: Recorder) -> None:
    time = HandClock()
    lag = LoopLag(events, clock=time.clock)
    lag.start()
    time.advance(MEASURE_SECONDS)
    lag.stop()

    time.advance(10)

    assert (len(events.events), time.pending) == (1, [])
