"""What a fault is: how it is made and unmade, and which alerts belong to it."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass

from tests.proof.shops import Shop

Make = Callable[[Shop], AbstractAsyncContextManager[None]]
"""The fault holds while the block runs."""

PATIENCE_SECONDS = 45.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One.

    Every one of `alerts` must fire while it holds, and clear when it is gone; `follow` may fire too, and nothing else.
    One that no alert is for holds until `make` has seen on the metrics what it does.
    """

    name: str
    make: Make
    alerts: frozenset[str]
    follow: frozenset[str] = frozenset()
    boards: frozenset[str] = frozenset()
    """The dashboards it is there for, beside those of its alerts."""

    patience_seconds: float = PATIENCE_SECONDS
    clears_within_seconds: float = PATIENCE_SECONDS
