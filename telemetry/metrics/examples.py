"""Which observations a histogram keeps as examples: those of requests whose trace somebody will want to see."""

from telemetry.context import CURRENT_REQUEST, RequestContext
from telemetry.metrics.series import Histogram

SLOW_SECONDS = 1.0
"""From when on a request, or one call it makes, is slow; as the log has it where nothing else is said."""


class Examples:
    """Observes, and keeps the trace of what failed, was slow, or is sampled by whoever called us.

    Of the others no trace is kept beyond the last few hundred requests, so an example would lead nowhere.
    """

    __slots__ = ("_slow_seconds",)

    def __init__(self, slow_seconds: float = SLOW_SECONDS) -> None:
        self._slow_seconds = slow_seconds

    def observe(self, histogram: Histogram, seconds: float, *, has_failed: bool) -> None:
        """Count `seconds` that the request being answered, or a part of it, took."""
        self.observe_in(CURRENT_REQUEST.get(), histogram, seconds=seconds, has_failed=has_failed)

    def observe_in(
        self, context: RequestContext | None, histogram: Histogram, *, seconds: float, has_failed: bool
    ) -> None:
        """The same of the request with this context; None for what belongs to none."""
        if context is not None and (has_failed or seconds >= self._slow_seconds or context.sampled):
            histogram.observe_traced(seconds, context.trace_id)
        else:
            histogram.observe(seconds)
