"""The stages of the Server-Timing header."""

from telemetry.events import DependencyCalled
from telemetry.server_timing import CURRENT_STAGES, Stages, time_stages

CALL = DependencyCalled(
    dependency="postgres", operation="products.read", outcome="ok", error_type="", duration_seconds=0.0015
)


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


def test_a_call_to_a_dependency_is_a_stage_of_the_current_request() -> None:
    stages = Stages()
    token = CURRENT_STAGES.set(stages)

    time_stages(CALL)
    CURRENT_STAGES.reset(token)

    assert stages.header(0.002) == "total;dur=2.00, postgres;dur=1.50"


def test_a_call_outside_of_any_request_is_no_stage() -> None:
    time_stages(CALL)

    assert CURRENT_STAGES.get() is None
