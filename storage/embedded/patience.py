"""How long the embedded servers are waited for, and how soon they are tried again."""

import random
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """The supervisor's numbers, all in seconds.

    A start may have to replay what a crash left (1 GiB of log at most, by Postgres's default), hence the minute. The
    first restart is too quick to notice; a server that cannot stay up (a full disk) is tried every few seconds, and one
    that did for `calm_seconds` is trusted again.
    """

    start_seconds: float = 60.0
    poll_seconds: float = 0.01
    first_restart_seconds: float = 0.05
    slowest_restart_seconds: float = 5.0
    calm_seconds: float = 30.0
    log_check_seconds: float = 60.0


class Backoff:
    """The pauses between restarts: each twice the one before, shortened by up to half at random."""

    def __init__(self, patience: Patience, *, jitter: Callable[[], float] = random.random) -> None:
        self._patience = patience
        self._jitter = jitter
        self._next_seconds = patience.first_restart_seconds

    def pause_seconds(self) -> float:
        """How long to wait now; the next pause is longer."""
        pause = self._next_seconds
        self._next_seconds = min(2 * pause, self._patience.slowest_restart_seconds)
        return pause * (1 - self._jitter() / 2)

    def ran_for(self, seconds: float) -> None:
        """Begin anew after a server that stayed up long enough."""
        if seconds >= self._patience.calm_seconds:
            self._next_seconds = self._patience.first_restart_seconds
