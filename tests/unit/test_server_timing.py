"""The stages of the Server-Timing header."""

from telemetry.server_timing import Stages


def test_stages_are_shown_in_milliseconds_behind_the_total() -> None:
    stages = Stages()
    stages.add("validate", 0.000123)
    stages.add("postgres", 0.0015)

    assert stages.header(0.00231) == "total;dur=2.31, validate;dur=0.12, postgres;dur=1.50"


def test_a_stage_entered_twice_adds_up() -> None:
    stages = Stages()
    stages.add("postgres", 0.001)
    stages.add("postgres", 0.002)

    assert stages.header(0.004) == "total;dur=4.00, postgres;dur=3.00"
