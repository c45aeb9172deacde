"""The shape every outbound layer has: it stands around an attempt and passes it on."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Protocol, TypeVar

from middleware.outbound.breakers import Breakers
from middleware.outbound.clock import CLOCK, Clock
from middleware.outbound.permits import Permits
from middleware.outbound.policy import Policy
from middleware.outbound.retry_budget import RetryBudget
from middleware.sweeper import Sweeper
from telemetry.events import Observe

T = TypeVar("T")
Attempt = Callable[[], Coroutine[Any, Any, T]]
"""One try at the dependency's work; calling it again is another try."""


class Call(Protocol):
    """Sees an attempt through, under the operation's name (a closed word: it becomes a label)."""

    def __call__(self, operation: str, attempt: Attempt[T], /) -> Coroutine[Any, Any, T]:
        """Return the attempt's result; raise the attempt's error or the layer's own."""


class Senses:
    """What layers are given besides their numbers: whom to tell, the time, and what all calls of a process share.

    That is the sweeper, the retry budget, and for each class of work its breaker and its permits. `running` are
    the writes whose callers have left. One for the process; a test makes its own.
    """

    def __init__(self, *, observe: Observe, clock: Clock = CLOCK) -> None:
        self.observe = observe
        self.attempts_under_way = 0
        self.clock = clock
        self.sweeper = Sweeper(now=clock.now, call_later=clock.call_later)
        self.budget = RetryBudget(now=clock.now)
        self.breakers = Breakers(observe=observe, clock=clock, sweeper=self.sweeper)
        self.running: set[asyncio.Task[Any]] = set()
        self._permits: dict[str, Permits] = {}

    def permits_of(self, policy: Policy) -> Permits:
        """The permits of this policy's class of work."""
        permits = self._permits.get(policy.name)
        if permits is None:
            permits = self._permits[policy.name] = Permits(
                policy, self.breakers.of(policy), observe=self.observe, sweeper=self.sweeper
            )
        return permits


class Layer(Protocol):
    """A factory that returns one closure."""

    def __call__(self, inner: Call, policy: Policy, /, *, senses: Senses) -> Call:
        """Stand around `inner`, the next layer inwards."""


def straight(_operation: str, attempt: Attempt[T], /) -> Coroutine[Any, Any, T]:
    """Make the attempt: what stands inside the innermost layer."""
    return attempt()
