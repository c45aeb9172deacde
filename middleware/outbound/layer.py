"""The shape every outbound layer has: it stands around an attempt and passes it on."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol, TypeVar

from middleware.outbound.clock import CLOCK, Clock
from middleware.outbound.policy import Policy
from telemetry.events import Observe

T = TypeVar("T")
Attempt = Callable[[], Awaitable[T]]
"""One try at the dependency's work; calling it again is another try."""


class Call(Protocol):
    """Sees an attempt through, under the operation's name (a closed word: it becomes a label)."""

    def __call__(self, operation: str, attempt: Attempt[T], /) -> Awaitable[T]:
        """Return the attempt's result; raise the attempt's error or the layer's own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Senses:
    """What layers are given besides their numbers: whom to tell, and the time."""

    observe: Observe
    clock: Clock = CLOCK


class Layer(Protocol):
    """A factory that returns one closure."""

    def __call__(self, inner: Call, policy: Policy, /, *, senses: Senses) -> Call:
        """Stand around `inner`, the next layer inwards."""


def straight(_operation: str, attempt: Attempt[T], /) -> Awaitable[T]:
    """Make the attempt: what stands inside the innermost layer."""
    return attempt()
