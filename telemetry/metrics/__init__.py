"""The reader that turns events into Prometheus metrics."""

import platform
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import assert_never

from telemetry import VERSION
from telemetry import events as e
from telemetry.catalogue.process_rows import APP_BUILD_INFO
from telemetry.deployment import Deployment
from telemetry.glances import Glance
from telemetry.metrics.caller_metrics import CallerMetrics
from telemetry.metrics.collector_looks import garbage_look
from telemetry.metrics.examples import Examples
from telemetry.metrics.families import MAX_LABEL_SETS, Families
from telemetry.metrics.names import Names
from telemetry.metrics.outbound_metrics import OutboundMetrics
from telemetry.metrics.process_look import process_look
from telemetry.metrics.process_metrics import ProcessMetrics
from telemetry.metrics.request_metrics import CacheMetrics, RequestMetrics
from telemetry.metrics.scrape_text import Rendering
from telemetry.observers import Read, Sure
from telemetry.readings import Look

__all__ = ["Examples", "Metrics", "Names"]

NAMES = Names()
"""None."""

EXAMPLES = Examples()


class Metrics:
    """Reads events into series of its own and renders them for a scrape.

    Error series exist from the start, those of `names` too: a first sample is invisible to `rate()`.
    """

    def __init__(
        self,
        deployment: Deployment,
        *,
        names: Names = NAMES,
        max_label_sets: int = MAX_LABEL_SETS,
        examples: Examples = EXAMPLES,
    ) -> None:
        families = Families(names.words, max_label_sets=max_label_sets)
        self._requests = RequestMetrics(families, examples)
        self._cache = CacheMetrics(families)
        self._callers = CallerMetrics(families, self._requests.rejected)
        self._outbound = OutboundMetrics(families, examples, upstreams=names.upstreams)
        self._process = ProcessMetrics(families)
        told = (deployment.service, deployment.version, deployment.environment, VERSION, platform.python_version())
        families.gauges(APP_BUILD_INFO)[told].set(1)
        self._looks: list[Look] = [process_look(), garbage_look()]
        self._rendering = Rendering(families, self._looks)

    def expect_requests(self, addresses: Iterable[tuple[str, str]], *, asking: Iterable[tuple[str, str]] = ()) -> None:
        """Have the error series of these methods and routes from the start; those `asking` upstreams fail like them."""
        self._requests.expect(addresses, asking=asking)

    def look_at(self, look: Look) -> None:
        """Call `look` at every scrape and show what it sees; a look that fails shows nothing that time."""
        self._looks.append(look)

    def slices(self, *, openmetrics: bool) -> Iterator[bytes]:
        """Everything, in OpenMetrics 1.0.0 or else in Prometheus' text format 0.0.4, a slice at a time."""
        return self._rendering.slices(openmetrics=openmetrics)

    def __call__(self, event: e.Event) -> None:
        """Count or measure what one event tells; Observers asks `reader_of` once for all of its kind."""
        read = self.reader_of(event)
        if read is not None:
            read(event)

    def bound(self, event: e.Event) -> Callable[[], object] | None:
        """What counts this very event, with its series found already where it is one that requests tell."""
        match event:
            case e.RequestStarted():
                return Sure(self._requests.count_started)
            case e.Authenticated() | e.AccessDecided() | e.RateLimitDecided(decision="allowed"):
                return Sure(self._callers.counter_of(event).inc)
            case e.CacheRead():
                return Sure(self._cache.counter_of(event).inc)
            case _:
                read = self.reader_of(event)
                return None if read is None else partial(read, event)

    def glance_of(self, like: e.RequestFinished) -> Glance:
        """What measures requests answered like this one."""
        return self._requests.glance_of(like)

    def reader_of(self, event: e.Event) -> Read | None:
        """Who counts events of this one's kind; None for one that is not counted."""
        if isinstance(event, e.RequestEvent):
            return self._requests.reader_of(event)
        if isinstance(event, e.CacheEvent):
            return self._cache.reader_of(event)
        if isinstance(event, e.CallerEvent):
            return self._callers.reader_of(event)
        if isinstance(event, e.OutboundEvent):
            return self._outbound.reader_of(event)
        if isinstance(event, e.EventLoopLagged | e.ProcessEvent):
            return self._process.reader_of(event)
        assert_never(event)
