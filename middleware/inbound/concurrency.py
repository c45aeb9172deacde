"""How many requests may be at work at once: a limit that follows how long they wait for the event loop.

The form is that of Netflix' Gradient2 (github.com/Netflix/concurrency-limits): the limit is multiplied by the ratio of
the latency there should be to the one there is. The latency is not that of the whole request but a turn of the event
loop, for which whatever becomes ready in it has to wait: the queueing time by which WeChat's DAGOR tells overload (Zhou
et al., "Overload Control for Scaling WeChat Microservices", SoCC 2018, 4.1). A hung database, a long upload or a
slow handler that waits does not lengthen it, only a busy event loop does. And since an idle loop's turn is known to be
next to nothing, there is no baseline to probe for, which could drift: it is held against a target, as CoDel does (RFC
8289, 3.2).
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ConcurrencyPolicy:
    """The numbers that move the limit.

    A request takes some four turns of the loop (in, Redis, Postgres, out), so at `target_seconds` a turn it spends
    at most 16 ms waiting for them. With less, of 48 callers who take turns most are held for no other reason than that
    they come at once, which costs a tenth of the CPU time of their requests; more is only latency. A window lasts
    `window_seconds` and at least `window_samples` turns, and four windows fit into the time a request is held. In one
    of them the limit goes down to `step_down` of itself at most, or up to `step_up`: a few percent a step, as turns are
    of many lengths. Where they take less than `idle_share` of the target the loop has nothing to do: the limit may be
    `idle_step_up` times as high, so that hundreds of requests that only wait are all let in before any of them has been
    held for too long. What is known of a window is worth nothing after `memory_seconds`.
    `minimum` is work for one loop, besides what waits for Postgres; `initial` is where a busy one comes to be within a
    window or two; `maximum` is as many as there may be connections.
    """

    initial: int = 64
    minimum: int = 8
    maximum: int = 10_000
    target_seconds: float = 0.004
    window_seconds: float = 0.025
    window_samples: int = 4
    step_down: float = 0.85
    step_up: float = 1.125
    idle_share: float = 0.125
    idle_step_up: float = 4.0
    memory_seconds: float = 1.0


_GAIN = 0.5
"""Half of the way to where the ratio points, as the next window will tell better."""


class ConcurrencyLimit:
    """The limit, moved one step at the end of each window."""

    __slots__ = (
        "_began",
        "_busy_share",
        "_exact",
        "_is_reached",
        "_policy",
        "_samples",
        "_turn_seconds",
        "_turns_seconds",
        "value",
    )

    def __init__(self, policy: ConcurrencyPolicy) -> None:
        self._policy = policy
        self._exact = float(policy.initial)
        self.value = policy.initial
        self._began = 0.0
        self._samples = 0
        self._turns_seconds = 0.0
        self._turn_seconds = 0.0
        self._busy_share = 0.0
        self._is_reached = False

    def reached(self) -> None:
        """Somebody had to wait: an unused limit says nothing of a higher one, so only a reached one grows."""
        self._is_reached = True

    def turned(self, turn_seconds: float, *, now: float) -> None:
        """A turn of the loop took this long from the first request that arrived in it."""
        self._samples += 1
        self._turns_seconds += turn_seconds
        if self._samples >= self._policy.window_samples and now - self._began >= self._policy.window_seconds:
            self._step(now)

    def look(self, now: float) -> None:
        """Let a window end in which few turns had requests or none, as all that is let in waits for something else."""
        if now - self._began >= self._policy.window_seconds:
            self._step(now)

    def fullness(self, now: float) -> float:
        """How long turns were of late, as a share of how long they may be; less where few of them had requests."""
        is_known = now - self._began < self._policy.memory_seconds
        return self._busy_share * self._turn_seconds / self._policy.target_seconds if is_known else 0.0

    def _step(self, now: float) -> None:
        policy = self._policy
        self._busy_share = min(1.0, self._turns_seconds / max(now - self._began, policy.window_seconds))
        self._turn_seconds = self._turns_seconds / self._samples if self._samples else 0.0
        step = self._ratio()
        if step < 1.0 or self._is_reached:
            self._exact = min(float(policy.maximum), max(float(policy.minimum), self._exact * step))
            self.value = int(self._exact)
        self._began, self._samples, self._turns_seconds, self._is_reached = now, 0, 0.0, False

    def _ratio(self) -> float:
        policy, turn_seconds = self._policy, self._turn_seconds
        if turn_seconds <= policy.target_seconds * policy.idle_share:
            return policy.idle_step_up
        halfway = 1.0 + _GAIN * (policy.target_seconds / turn_seconds - 1.0)
        return min(policy.step_up, max(policy.step_down, halfway))
