"""Whether dependencies answer, from how the last call of each ended."""

import pytest

from telemetry.dependency_health import DependencyHealth
from telemetry.events import DependencyCalled


def called(error_type: str) -> DependencyCalled:
    """A call of Redis that ended so."""
    return DependencyCalled(
        dependency="redis",
        operation="GET",
        outcome="error" if error_type else "ok",
        error_type=error_type,
        duration_seconds=0.1,
    )


def test_what_nobody_has_called_is_up() -> None:
    health = DependencyHealth(["payments"])

    assert health.up == {"postgres": True, "redis": True, "payments": True}


def test_a_dependency_is_down_from_a_call_without_an_answer_to_one_that_has_one() -> None:
    health = DependencyHealth()

    health(called("timeout"))
    down = (health.up["redis"], health.why_down("redis"))
    health(called("conflict"))

    assert down == (False, "the last call ended with timeout")
    assert (health.up["redis"], health.why_down("redis")) == (True, None)


@pytest.mark.parametrize("error_type", ["overloaded", "cancelled"])
def test_a_call_that_nobody_was_asked_by_changes_nothing(error_type: str) -> None:
    health = DependencyHealth()
    health(called("timeout"))

    health(called(error_type))

    assert health.up["redis"] is False
