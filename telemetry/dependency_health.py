"""Whether each dependency answered when it was last called: what `dependency_up` shows."""

from collections.abc import Sequence

from telemetry.events import Dependency, DependencyCalled

DATABASES: tuple[Dependency, ...] = ("postgres", "redis")
"""What every service depends on."""

_DOWN = frozenset({"unavailable", "timeout", "outcome_unknown", "breaker_open"})


class DependencyHealth:
    """Reads calls; an answer, even a refusal, means up, and so does not having been called yet.

    `upstreams` are the names of those declared.
    """

    def __init__(self, upstreams: Sequence[Dependency] = ()) -> None:
        self.up: dict[Dependency, bool] = dict.fromkeys((*DATABASES, *upstreams), True)

    def __call__(self, event: DependencyCalled) -> None:
        """Note the last call's end."""
        self.up[event.dependency] = event.error_type not in _DOWN
