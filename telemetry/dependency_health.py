"""Whether each dependency answered when it was last called: what `dependency_up` shows."""

from collections.abc import Mapping, Sequence

from telemetry.events import Dependency, DependencyCalled

DATABASES: tuple[Dependency, ...] = ("postgres", "redis")
"""What every service depends on."""

_DOWN = frozenset({"unavailable", "timeout", "outcome_unknown", "breaker_open"})
_NOT_ASKED = frozenset({"overloaded", "cancelled"})
"""No room for the call, or its caller gave up: that says nothing of the dependency, which may hang as before."""


class DependencyHealth:
    """Reads calls; an answer, even a refusal, means up, and so does not having been called yet.

    A call that found no room has asked nobody, and changes nothing.

    `upstreams` are the names of those declared.
    """

    def __init__(self, upstreams: Sequence[Dependency] = ()) -> None:
        self._faults: dict[Dependency, str] = dict.fromkeys((*DATABASES, *upstreams), "")

    @property
    def up(self) -> Mapping[Dependency, bool]:
        """Whether each is, by name."""
        return {name: not fault for name, fault in self._faults.items()}

    def why_down(self, dependency: Dependency) -> str | None:
        """None where it is up, otherwise a sentence."""
        fault = self._faults[dependency]
        return f"the last call ended with {fault}" if fault else None

    def __call__(self, event: DependencyCalled) -> None:
        """Note the last call's end."""
        if event.error_type in _NOT_ASKED:
            return
        self._faults[event.dependency] = event.error_type if event.error_type in _DOWN else ""
