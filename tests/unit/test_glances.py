"""Requests whose end is looked at, and told where anybody wants to know more: as if all were told each time."""

import random
import re
from collections.abc import Callable
from contextvars import copy_context
from typing import get_args

import pytest

from telemetry.context import CURRENT_REQUEST, Identifier, RequestContext
from telemetry.deployment import Deployment
from telemetry.ended_request import EndedRequest, Ending
from telemetry.events import Event, RequestFinished
from telemetry.glances import Whole
from telemetry.kept_traces import KEPT_AT_MOST, KeptTraces, TraceKind
from telemetry.log_format import json_lines
from telemetry.log_sampling import EVERYTHING, Sample
from telemetry.logs import LogPolicy, Logs
from telemetry.metrics import Metrics
from telemetry.objectives import Availability, Latency, Sli
from telemetry.observers import Observers, glance_of
from telemetry.sli_counts import SliCounts
from tests.hand_clock import HandClock

SHOP = Deployment(service="shop", version="1", environment="staging")
COVERED = ("GET", "/products")
ROUTES = (COVERED, ("POST", "/products"))
STATUSES = (200, 200, 200, 201, 304, 404, 429, 500, 503, 504)
SECONDS = (0.0004, 0.01, 0.3, 1.5)
REQUESTS = 1_000
LIKE = RequestFinished(method="GET", route="/products", status=200, duration_seconds=0.001, request_id="", trace_id="")
Tell = Callable[[Observers, RequestFinished, RequestContext], None]


class Everything:
    """All readers that hear of requests, and what they made of them."""

    def __init__(self, sample: Sample, *, is_exported: bool = False) -> None:
        self.clock = HandClock()
        self.lines: list[bytes] = []
        self.offered: list[tuple[Ending, int]] = []
        self.metrics = Metrics(SHOP, max_label_sets=15)  # so that there is one of which none is kept
        policy = LogPolicy(sample=sample, slow_seconds=1.0)
        self.logs = Logs(json_lines(SHOP), self, policy=policy, now=lambda: self.clock.instant)
        self.traces = KeptTraces(offer=self.offer if is_exported else None, now=self.clock.clock.now)
        self.counts = SliCounts(
            [
                Sli(name="availability", about="", objective=Availability(0.999), covers=(COVERED,)),
                Sli(name="latency", about="", objective=Latency(0.99, under_seconds=0.25), covers=(COVERED,)),
            ]
        )
        self.observe = Observers([self.metrics, self.logs, self.traces, self.counts])

    def write(self, line: bytes) -> None:
        self.lines.append(line)

    def offer(self, ended: EndedRequest, size_bytes: int) -> None:
        self.offered.append((ended.ending, size_bytes))

    def answer(self, tell: Tell) -> None:
        """Some thousand requests of all kinds, the same each time."""
        draws = random.Random(7)  # noqa: S311 - the same draws at every run
        identify = Identifier(now=self.clock.clock.now, random_bits=draws.getrandbits, sample_ratio=0.01)
        for _ in range(REQUESTS):
            copy_context().run(self._answer, tell, draws, identify)

    def _answer(self, tell: Tell, draws: random.Random, identify: Identifier) -> None:
        context = identify()
        CURRENT_REQUEST.set(context)
        self.clock.advance(seconds := draws.choice(SECONDS))
        method, route = draws.choice(ROUTES)
        finished = RequestFinished(
            method=method,
            route=route,
            status=draws.choice(STATUSES),
            duration_seconds=seconds,
            request_id=context.request_id,
            trace_id=context.trace_id,
            callers_time=draws.random() < 0.5,
        )
        tell(self.observe, finished, context)

    @property
    def seen(self) -> dict[str, object]:
        """Whatever can be seen of them."""
        text = b"".join(self.metrics.slices(openmetrics=True)).decode()
        shown = [line for line in text.splitlines() if line.startswith(("http_", "metrics_label"))]
        return {
            "metrics": [re.sub(r" \d+\.\d+$", "", line) if "trace_id" in line else line for line in shown],
            "lines": self.lines,
            "left out": (self.logs.sampled_out, dict(self.logs.lines)),
            "traces": [[one.ending for one in self.traces.kept(kind)] for kind in get_args(TraceKind)],
            "offered": self.offered,
            "objectives": list(self.counts.look()),
        }


def told_whole(observe: Observers, finished: RequestFinished, _context: RequestContext) -> None:
    observe(finished)


def looked_at(observe: Observers, finished: RequestFinished, context: RequestContext) -> None:
    read = glance_of(observe, finished)(finished.duration_seconds, context)
    if read is not None:
        read(finished)


@pytest.mark.parametrize("sample", [EVERYTHING, Sample(ratio=0.3), Sample(lines_a_second=2)])
@pytest.mark.parametrize("is_exported", [False, True])
def test_a_glance_comes_to_the_same_as_the_event(sample: Sample, is_exported: bool) -> None:
    seen = []
    for tell in (told_whole, looked_at):
        every = Everything(sample, is_exported=is_exported)
        every.answer(tell)
        seen.append(every.seen)

    assert seen[0] == seen[1]


def test_nobody_is_told_all_of_what_nobody_wants_to_know() -> None:
    every, wanted = Everything(Sample(ratio=0)), 0
    identify = Identifier(now=lambda: 0.0)
    glance = glance_of(every.observe, LIKE)

    for _ in range(1_000):
        read = glance(0.001, identify())
        if read is not None:
            read(LIKE)
            wanted += 1

    assert wanted == KEPT_AT_MOST


def test_a_reader_that_fails_at_a_glance_is_counted_and_the_others_look() -> None:
    class Broken:
        def reader_of(self, _event: Event) -> None: ...

        def glance_of(self, _like: RequestFinished) -> Callable[[float, RequestContext], Whole | None]:
            def glance(_seconds: float, _context: RequestContext) -> Whole | None:
                raise ZeroDivisionError

            return glance

    heard: list[Event] = []
    observers = Observers([Broken(), heard.append])

    looked_at(observers, LIKE, Identifier()())

    assert (heard, observers.dropped) == ([LIKE], 1)
