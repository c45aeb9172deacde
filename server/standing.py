"""Where a process is in its life, as its probes tell: which step of its start is under way, whether it drains."""

import time
from collections.abc import Callable
from functools import partial
from typing import Literal, get_args

from server.admin import Check, Checks
from telemetry.dependency_health import DependencyHealth

Step = Literal["storage", "schema", "postgres", "redis", "identity", "statements", "listener"]
"""Of a start, in this order: the servers are there, the schema is current, each way is open, what callers usually ask
is prepared, it listens."""

STEPS: tuple[Step, ...] = get_args(Step)


class Standing:
    """Starting, serving or draining."""

    def __init__(self, *, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._step = 0
        self._since = now()
        self.is_draining = False

    def done(self, step: Step) -> None:
        """This step of the start, and all before it, are done."""
        self._step = STEPS.index(step) + 1
        self._since = self._now()

    def why_not_started(self, step: Step) -> str | None:
        """Whether this step is done; otherwise what it waits for."""
        place = STEPS.index(step)
        if place < self._step:
            return None
        if place > self._step:
            return f"waits for {STEPS[self._step]}"
        return f"under way for {self._now() - self._since:.1f} s"

    def why_not_serving(self) -> str | None:
        """Whether it should be sent requests; otherwise why not."""
        if self.is_draining:
            return "it is stopping"
        return f"it is starting: {STEPS[self._step]}" if self._step < len(STEPS) else None


def checks_of(standing: Standing, health: DependencyHealth) -> Checks:
    """What the probes look at: readiness tells how dependencies are, and is no less ready for it.

    One that all replicas share would take all of them out at once, and with them what they can do without it: what
    is cached, what asks nothing of it, and a quick refusal of the rest that says when to come again.
    """
    return Checks(
        started={step: _check(partial(standing.why_not_started, step)) for step in STEPS},
        ready={"serving": _check(standing.why_not_serving)},
        noted={name: _check(partial(health.why_down, name)) for name in health.up},
    )


def _check(look: Callable[[], str | None]) -> Check:
    async def check() -> str | None:
        return look()

    return check
