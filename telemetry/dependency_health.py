"""Whether each dependency answered when it was last called: what `dependency_up` shows."""

from telemetry.events import Dependency, DependencyCalled, Event

_DOWN = frozenset({"unavailable", "timeout", "outcome_unknown", "breaker_open"})


class DependencyHealth:
    """Reads calls; an answer, even a refusal, means up."""

    def __init__(self) -> None:
        self.up: dict[Dependency, bool] = {"postgres": True, "redis": True}

    def __call__(self, event: Event) -> None:
        """Note the last call's end."""
        if isinstance(event, DependencyCalled):
            self.up[event.dependency] = event.error_type not in _DOWN
