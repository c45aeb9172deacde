"""Leaves alone for a moment what has just failed, where everybody can do without it."""

import time
from collections.abc import Callable

from middleware.deadlines import seconds_left

SUSPENSION_SECONDS = 1.0
"""How long something is left alone after a failure: as long as it takes to be back once it is."""


class Suspension:
    """Says who may try something that has failed: nobody for a second, then one caller, and all once it has answered.

    Everything that uses the same dependency shares one, so that a dependency that hangs costs one wait a second and not
    one for each use of it.
    """

    def __init__(self, *, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._is_on = False
        self._ends_at_seconds = 0.0

    @property
    def is_closed(self) -> bool:
        """Whether everybody may try, as with a circuit that is closed."""
        return not self._is_on

    def try_now(self) -> None:
        """Let the next caller try: there is reason to believe that it is back."""
        self._ends_at_seconds = self._now()

    def lets_try(self) -> bool:
        """Whether the caller may try; whoever does then tells how it ended."""
        if not self._is_on:
            return True
        if self._now() < self._ends_at_seconds:
            return False
        self._begin()  # this caller tries, the others go on without
        return True

    def failed(self) -> bool:
        """It has not answered; False where that says nothing of it, as the caller's own time has run out."""
        counts = seconds_left(self._now()) > 0
        if counts:
            self._begin()
        return counts

    def answered(self) -> None:
        """It has."""
        self._is_on = False

    def _begin(self) -> None:
        self._is_on = True
        self._ends_at_seconds = self._now() + SUSPENSION_SECONDS
