"""The level of the log, turned while the service runs."""

from server.level_switch import LevelSwitch
from telemetry.deployment import Deployment
from telemetry.events import LogLevelChanged
from telemetry.log_format import json_lines
from telemetry.logs import Logs
from tests.hand_clock import HandClock
from tests.recorder import Recorder


class Nowhere:
    def write(self, line: bytes) -> None:
        """Forget it."""


def switch_with(clock: HandClock, events: Recorder) -> LevelSwitch:
    logs = Logs(json_lines(Deployment(service="shop", version="1", environment="test")), Nowhere())
    return LevelSwitch(logs, events, call_later=clock.clock.call_later, now=clock.clock.now)


def test_a_level_turned_for_good_stays_and_is_told() -> None:
    clock, events = HandClock(), Recorder()
    switch = switch_with(clock, events)

    switch.turn("debug")
    clock.advance(1_000_000)

    assert (switch.level, switch.configured, switch.seconds_left) == ("debug", "info", 0)
    assert events.events == [LogLevelChanged(level="debug", seconds=0)]


def test_a_level_turned_for_a_while_falls_back() -> None:
    clock, events = HandClock(), Recorder()
    switch = switch_with(clock, events)
    switch.turn("debug", seconds=300)
    clock.advance(299)
    before = (switch.level, switch.seconds_left)
    clock.advance(1)

    assert (before, switch.level, switch.seconds_left) == (("debug", 1), "info", 0)
    assert events.events == [LogLevelChanged(level="debug", seconds=300), LogLevelChanged(level="info", seconds=0)]


def test_whoever_turns_it_again_decides_when_it_falls_back() -> None:
    clock, events = HandClock(), Recorder()
    switch = switch_with(clock, events)
    switch.turn("debug", seconds=300)
    switch.turn("warning")
    clock.advance(1_000)

    assert (switch.level, clock.pending, switch.seconds_left) == ("warning", [], 0)
