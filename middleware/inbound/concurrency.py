"""How many requests may be at work at once: a limit that follows how long they wait for the event loop.

The form is that of Netflix' Gradient2 (github.com/Netflix/concurrency-limits): the limit is multiplied by the ratio of
the latency there should be to the one there is. The latency is not that of the whole request but the delay between its
being let in and its first step, the queueing time by which WeChat's DAGOR tells overload (Zhou et al., "Overload
Control for Scaling WeChat Microservices", SoCC 2018, 4.1): a hung database, a long upload or a slow handler does not
lengthen it, only a busy event loop does. And since an idle loop's delay is known to be next to nothing, there is no
baseline to probe for, which could drift: the delay is held against a target, as CoDel does (RFC 8289, 3.2).
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ConcurrencyPolicy:
    """The numbers that move the limit.

    A request takes some four turns of the loop (in, Redis, Postgres, out), so at `target_seconds` a turn it spends
    about 2 ms waiting for them. More is only latency: at 2 ms a turn no more requests were answered than at half a
    millisecond, each four times as late. A window lasts `window_seconds` and at least `window_samples`: under load the
    mean of a hundred, and four windows fit into the time a request is held. In one of them the limit goes down to
    `step_down` of itself at most, or up to `step_up`: a few percent a step, as the delay is noisy. Where the delay is
    under `idle_share` of the target the loop has nothing to do: the limit may be `idle_step_up` times as high, so that
    hundreds of requests that only wait are all let in before any of them has been held for too long.
    `minimum` is work for one loop, besides what waits for Postgres; `initial` is where a busy one comes to be within a
    window or two; `maximum` is as many as there may be connections.
    """

    initial: int = 64
    minimum: int = 8
    maximum: int = 10_000
    target_seconds: float = 0.0005
    window_seconds: float = 0.025
    window_samples: int = 16
    step_down: float = 0.85
    step_up: float = 1.125
    idle_share: float = 0.25
    idle_step_up: float = 4.0


_GAIN = 0.5
"""Half of the way to where the ratio points, as the next window's delay will tell better."""


class ConcurrencyLimit:
    """The limit, moved one step at the end of each window."""

    __slots__ = ("_began", "_delays_seconds", "_exact", "_is_reached", "_policy", "_samples", "value")

    def __init__(self, policy: ConcurrencyPolicy) -> None:
        self._policy = policy
        self._exact = float(policy.initial)
        self.value = policy.initial
        self._began = 0.0
        self._samples = 0
        self._delays_seconds = 0.0
        self._is_reached = False

    def reached(self) -> None:
        """Somebody had to wait: an unused limit says nothing of a higher one, so only a reached one grows."""
        self._is_reached = True

    def began(self, delay_seconds: float, *, now: float) -> None:
        """A request took its first step this long after it had been let in."""
        self._samples += 1
        self._delays_seconds += delay_seconds
        if self._samples >= self._policy.window_samples and now - self._began >= self._policy.window_seconds:
            self._step(now)

    def look(self, now: float) -> None:
        """Let a window end in which few began or none, as all that is let in waits for something else."""
        if now - self._began >= self._policy.window_seconds:
            self._step(now)

    def _step(self, now: float) -> None:
        policy = self._policy
        step = self._ratio()
        if step < 1.0 or self._is_reached:
            self._exact = min(float(policy.maximum), max(float(policy.minimum), self._exact * step))
            self.value = int(self._exact)
        self._began, self._samples, self._delays_seconds, self._is_reached = now, 0, 0.0, False

    def _ratio(self) -> float:
        policy = self._policy
        delay_seconds = self._delays_seconds / self._samples if self._samples else 0.0
        if delay_seconds <= policy.target_seconds * policy.idle_share:
            return policy.idle_step_up
        halfway = 1.0 + _GAIN * (policy.target_seconds / delay_seconds - 1.0)
        return min(policy.step_up, max(policy.step_down, halfway))
