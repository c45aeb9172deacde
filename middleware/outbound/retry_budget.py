"""How many repeats the whole process may make: a share of its calls, and a few a second besides.

After Finagle's RetryBudget (twitter.github.io/finagle, "Retries"): a token bucket into which every call pays a part
of a token and from which every repeat takes one. With a dependency down, load grows by a tenth, not threefold.
"""

from collections.abc import Callable

CALL_SHARE = 0.1
"""A tenth of a repeat for each call (Finagle: 20 %; the Google SRE book, chapter 21, has clients keep to 10 %)."""

REPEATS_PER_SECOND = 1.0
"""So that a process with few calls may repeat at all (Finagle: 10)."""

LIMIT = 100.0
"""The most that is saved up: what a thousand calls pay in. Finagle forgets deposits after ten seconds."""

FIRST = 10.0
"""There at the start: ten seconds of it."""


class RetryBudget:
    """One for the process; `deposit` at each call, `withdraw` before each repeat."""

    __slots__ = ("_balance", "_now", "_paid")

    def __init__(self, *, now: Callable[[], float]) -> None:
        self._now = now
        self._balance = FIRST
        self._paid = now()

    def deposit(self) -> None:
        """Pay a call's share in."""
        self._balance += CALL_SHARE

    def withdraw(self) -> bool:
        """Take out one repeat; False where there is none left."""
        now = self._now()
        self._balance = min(self._balance + (now - self._paid) * REPEATS_PER_SECOND, LIMIT)
        self._paid = now
        if self._balance < 1.0:
            return False
        self._balance -= 1.0
        return True
