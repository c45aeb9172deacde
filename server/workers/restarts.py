"""When a worker that ended is started again: soon, then less and less soon; and when that makes no sense."""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass

from storage.embedded.patience import Backoff, Patience


@dataclass(frozen=True, slots=True, kw_only=True)
class RestartPolicy:
    """A worker costs about a second of a core to start, so a crowd that cannot stay up must not try all the time.

    The first pause is short, for the one request that killed it may never come again; ten seconds are what a shop
    waits at most after the fault is mended. A service that dies `deaths_at_first` times before it ever came up would
    do so for ever.
    """

    first_seconds: float = 0.1
    slowest_seconds: float = 10.0
    calm_seconds: float = 30.0
    deaths_at_first: int = 3


class Restarts:
    """Of one worker's place: tell it of each start, and ask it after each end."""

    def __init__(
        self,
        policy: RestartPolicy,
        *,
        now: Callable[[], float] = time.monotonic,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._policy = policy
        self._now = now
        self._began_seconds = now()
        self._was_up = False
        self._deaths = 0
        self._backoff = Backoff(
            Patience(
                first_restart_seconds=policy.first_seconds,
                slowest_restart_seconds=policy.slowest_seconds,
                calm_seconds=policy.calm_seconds,
            ),
            jitter=jitter,
        )

    def began(self) -> None:
        """A process was started."""
        self._began_seconds = self._now()

    def came_up(self) -> None:
        """It answers; from now on there is no giving up."""
        self._was_up = True

    def pause_seconds(self) -> float | None:
        """How long to wait after it has ended; None where another try would end the same."""
        self._deaths += 1
        if not self._was_up and self._deaths >= self._policy.deaths_at_first:
            return None
        self._backoff.ran_for(self._now() - self._began_seconds)
        return self._backoff.pause_seconds()
