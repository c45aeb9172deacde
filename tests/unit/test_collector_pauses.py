"""The garbage collector's pauses, noted as it says and told from the event loop."""

import gc

from middleware.collector_pauses import TELL_SECONDS, CollectorPauses
from telemetry.events import GarbageCollected
from tests.hand_clock import HandClock
from tests.recorder import Recorder


def test_a_run_over_the_older_generations_is_told_of_with_its_length(events: Recorder) -> None:
    time = HandClock()
    instants = iter([1.0, 1.25, 2.0, 2.5])
    pauses = CollectorPauses(events, clock=time.clock, now=lambda: next(instants))
    was_enabled = gc.isenabled()
    gc.disable()  # no run of its own comes in between
    pauses.start()
    for generation in (0, 1, 2):
        pauses.note("start", {"generation": generation})
        pauses.note("stop", {"generation": generation})

    time.advance(TELL_SECONDS)
    pauses.stop()
    if was_enabled:
        gc.enable()

    assert events.events == [
        GarbageCollected(generation=1, pause_seconds=0.25),
        GarbageCollected(generation=2, pause_seconds=0.5),
    ]


def test_the_interpreter_tells_of_its_runs_until_the_end(events: Recorder) -> None:
    time = HandClock()
    pauses = CollectorPauses(events, clock=time.clock)
    pauses.start()
    gc.collect()
    time.advance(TELL_SECONDS)
    pauses.stop()
    before = len(events.events)

    gc.collect()
    time.advance(10 * TELL_SECONDS)

    assert before >= 1
    assert (len(events.events), time.pending) == (before, [])
