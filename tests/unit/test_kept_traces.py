"""Which of the requests that have ended are kept for a look."""

import gc
import tracemalloc
from contextvars import copy_context

import pytest

from telemetry import events as e
from telemetry.context import CURRENT_REQUEST, Identifier
from telemetry.kept_traces import (
    BYTES_AT_MOST,
    KEPT_AT_MOST,
    LAST_A_SECOND,
    SLOWEST_OF_A_ROUTE,
    WINDOW_SECONDS,
    KeptTraces,
    TraceKind,
)
from telemetry.observers import Observers
from telemetry.recorder import Recorder
from telemetry.recording import NOTES_AT_MOST
from tests.hand_clock import HandClock

MEBIBYTE = 2**20


class Served:
    """Requests that end as they are told, one after the other, and what is kept of them."""

    def __init__(self, *, bytes_at_most: int = BYTES_AT_MOST) -> None:
        self.clock = HandClock()
        self.identify = Identifier(now=self.clock.clock.now)
        self.traces = KeptTraces(bytes_at_most=bytes_at_most, now=self.clock.clock.now)
        self.observe = Observers([Recorder(), self.traces])

    def request(
        self, name: str, *, route: str = "/products", status: int = 200, seconds: float = 0.125, calls: int = 0
    ) -> None:
        """Answer one."""
        copy_context().run(self._request, name, route, status, seconds, calls)

    def kept(self, kind: TraceKind) -> list[str]:
        return [one.context.request_id for one in self.traces.kept(kind)]

    def _request(self, name: str, route: str, status: int, seconds: float, calls: int) -> None:
        context = self.identify(name)
        CURRENT_REQUEST.set(context)
        for layer in ("authenticate", "rate_limit", "validate", "handler"):
            context.recording.reach(layer)
        for number in range(calls):
            self.observe(
                e.DependencyCalled(
                    dependency="postgres",
                    operation="products.read",
                    outcome="ok",
                    error_type="",
                    duration_seconds=0.0001 * number,
                )
            )
        self.clock.advance(seconds)
        self.observe(
            e.RequestFinished(
                method="GET",
                route=route,
                status=status,
                duration_seconds=self.clock.instant - context.started_seconds,
                request_id=context.request_id,
                trace_id=context.trace_id,
            )
        )


def test_the_last_requests_are_kept_the_newest_first() -> None:
    served = Served()
    for number in range(KEPT_AT_MOST + 5):
        served.request(f"r{number}")

    assert served.kept("last") == [f"r{number}" for number in range(KEPT_AT_MOST + 4, 4, -1)]


def test_of_very_many_the_last_are_some_and_every_failure_is_kept() -> None:
    served = Served()
    for number in range(1_000):
        served.request(str(number), seconds=0.0001, status=500 if number % 100 == 99 else 200)

    passed = KEPT_AT_MOST + 0.1 * LAST_A_SECOND
    assert served.kept("failed") == [str(number) for number in range(999, 0, -100)]
    assert len(served.kept("last")) == KEPT_AT_MOST
    assert int(served.kept("last")[-1]) >= passed - KEPT_AT_MOST - 1


def test_failures_are_kept_apart_from_what_comes_after_them() -> None:
    served = Served()
    served.request("broken", status=500)
    for number in range(KEPT_AT_MOST):
        served.request(f"r{number}", status=404 if number % 2 else 200)

    assert (served.kept("failed"), "broken" in served.kept("last")) == (["broken"], False)


def test_the_slowest_are_kept_of_each_route() -> None:
    served = Served()
    for number in range(SLOWEST_OF_A_ROUTE + 3):
        served.request(f"slow{number}", route="/reports", seconds=10.0 + number)
        served.request(f"quick{number}", seconds=0.01 * (number + 1))

    slow = [f"slow{number}" for number in range(7, 2, -1)]
    quick = [f"quick{number}" for number in range(7, 2, -1)]
    assert served.kept("slowest") == [*slow, *quick]


def test_the_slowest_are_forgotten_after_two_windows() -> None:
    served = Served()
    served.request("old", seconds=5.0)
    served.clock.advance(WINDOW_SECONDS)
    served.request("new", seconds=1.0)
    before = served.kept("slowest")
    served.clock.advance(WINDOW_SECONDS)

    assert (before, served.kept("slowest")) == (["old", "new"], ["new"])


def test_nothing_is_shown_of_before_a_long_pause() -> None:
    served = Served()
    served.request("old", seconds=5.0)
    served.clock.advance(3 * WINDOW_SECONDS)

    assert served.kept("slowest") == []


def test_a_request_is_found_by_its_id_and_by_its_trace_s() -> None:
    served = Served()
    served.request("mine", status=503, seconds=2.0)
    served.request("another")
    mine = served.traces.kept("failed")[0]

    assert served.traces.find("mine") == [mine]
    assert served.traces.find(mine.context.trace_id) == [mine]
    assert served.traces.find("nobody-s") == []


@pytest.mark.parametrize("calls", [0, 3, NOTES_AT_MOST])
def test_what_is_kept_takes_no_more_memory_than_said(calls: int) -> None:
    gc.collect()
    tracemalloc.start()
    served = Served(bytes_at_most=MEBIBYTE)
    before, _ = tracemalloc.get_traced_memory()
    for number in range(2 * KEPT_AT_MOST):
        served.request(f"r{number}", route=f"/r{number % 100}", status=500, calls=calls)
    gc.collect()
    after, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert after - before < 2.5 * MEBIBYTE
    assert len(served.kept("last")) > 0
    assert len(served.kept("slowest")) > 0


def test_a_request_of_which_much_is_known_pushes_others_out() -> None:
    served = Served(bytes_at_most=MEBIBYTE // 2)
    for number in range(20):
        served.request(f"r{number}", calls=NOTES_AT_MOST)

    assert served.kept("last") == ["r19", "r18", "r17", "r16", "r15"][: len(served.kept("last"))]
    assert 1 <= len(served.kept("last")) <= 5
