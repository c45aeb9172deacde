"""The circuit breakers of the process by name, for a person to look at and to force."""

from collections.abc import Mapping

from middleware.outbound.circuit import Circuit, Force
from middleware.outbound.clock import Clock
from middleware.outbound.policy import Policy
from middleware.sweeper import Sweeper
from telemetry.events import BreakerState, Observe


class Breakers:
    """Makes one for each class of work, when first asked for it."""

    def __init__(self, *, observe: Observe, clock: Clock, sweeper: Sweeper) -> None:
        self._observe = observe
        self._clock = clock
        self._sweeper = sweeper
        self._circuits: dict[str, Circuit] = {}

    def of(self, policy: Policy) -> Circuit:
        """The breaker of this policy's class of work."""
        circuit = self._circuits.get(policy.name)
        if circuit is None:
            circuit = self._circuits[policy.name] = Circuit(
                policy.breaker, name=policy.name, observe=self._observe, clock=self._clock, sweeper=self._sweeper
            )
        return circuit

    @property
    def states(self) -> Mapping[str, BreakerState]:
        """The state of each, by name."""
        return {name: circuit.word for name, circuit in self._circuits.items()}

    def force(self, name: str, force: Force) -> None:
        """Hold one open or closed, or let it judge again; raise KeyError where there is none of that name."""
        self._circuits[name].set_force(force)
