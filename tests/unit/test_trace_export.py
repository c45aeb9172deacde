"""Which requests are sent to a collector, and what becomes of them."""

import asyncio
import threading
from collections.abc import Callable, Sequence

from telemetry import events as e
from telemetry.context import Identifier
from telemetry.ended_request import EndedRequest
from telemetry.trace_export import ExportPolicy, TraceExport
from tests.recorder import Recorder

PARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7"
SIZE_BYTES = 1_000
PATIENCE_SECONDS = 10.0
AT_ONCE = ExportPolicy(requests_a_second=1e6, idle_seconds=0.001, after_failure_seconds=0.001)

identify = Identifier()


def ended(name: str, *, sampled: bool = False, status: int = 200, seconds: float = 0.1) -> EndedRequest:
    context = identify(name, [f"{PARENT}-{'01' if sampled else '00'}"])
    ending = e.RequestFinished(
        method="GET", route="/", status=status, duration_seconds=seconds, request_id=name, trace_id=context.trace_id
    )
    return EndedRequest(ending, context)


class Collector:
    """Takes what it is sent, while it may; `reason` is why it does not."""

    def __init__(self) -> None:
        self.taken: list[str] = []
        self.reason = ""
        self.may_take = threading.Event()
        self.may_take.set()
        self.is_asked = threading.Event()

    def __call__(self, requests: Sequence[EndedRequest]) -> str:
        self.is_asked.set()
        self.may_take.wait(PATIENCE_SECONDS)
        if not self.reason:
            self.taken += [one.context.request_id for one in requests]
        return self.reason


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not condition():  # noqa: ASYNC110 - another thread does it
            await asyncio.sleep(0.001)


async def test_sampled_failed_and_slow_requests_are_sent() -> None:
    collector = Collector()
    export = TraceExport(collector, Recorder(), policy=AT_ONCE)
    for one in (
        ended("ordinary"),
        ended("sampled", sampled=True),
        ended("failed", status=503),
        ended("refused", status=404),
        ended("slow", seconds=1.0),
    ):
        export.offer(one, SIZE_BYTES)
    export.close()

    assert collector.taken == ["sampled", "failed", "slow"]
    assert export.counts == {"exported": 3, "dropped": 0, "failed": 0}


async def test_what_finds_no_room_is_counted_and_half_of_the_room_is_for_failures() -> None:
    collector = Collector()
    collector.may_take.clear()
    export = TraceExport(collector, Recorder(), policy=ExportPolicy(waiting_requests=4, batch_requests=1))
    export.offer(ended("first", sampled=True), SIZE_BYTES)
    await until(collector.is_asked.is_set)  # it is on its way now, and waits no more
    for number in range(5):
        export.offer(ended(f"sampled{number}", sampled=True), SIZE_BYTES)
    for number in range(5):
        export.offer(ended(f"failed{number}", status=500), SIZE_BYTES)
    waiting = export.counts
    collector.may_take.set()
    export.close()

    assert waiting == {"exported": 0, "dropped": 3 + 3, "failed": 0}
    assert collector.taken == ["first", "sampled0", "sampled1", "failed0", "failed1"]


async def test_few_large_requests_fill_the_room_too() -> None:
    collector = Collector()
    collector.may_take.clear()
    export = TraceExport(collector, Recorder(), policy=ExportPolicy(waiting_bytes=10 * SIZE_BYTES, batch_requests=1))
    export.offer(ended("first", status=500), SIZE_BYTES)
    await until(collector.is_asked.is_set)
    for number in range(3):
        export.offer(ended(f"large{number}", status=500), 4 * SIZE_BYTES)
    collector.may_take.set()
    export.close()

    assert collector.taken == ["first", "large0", "large1"]


async def test_that_they_are_not_taken_is_told_once_and_that_they_are_again() -> None:
    collector, events = Collector(), Recorder()
    collector.reason = "it is away"
    export = TraceExport(collector, events, policy=AT_ONCE)
    for number in range(3):
        export.offer(ended(f"failed{number}", status=500), SIZE_BYTES)
        await until(lambda: export.counts["failed"] == number + 1)  # noqa: B023 - awaited right here
    collector.reason = ""
    export.offer(ended("failed3", status=500), SIZE_BYTES)
    await until(lambda: len(events.of(e.TraceExportChanged)) == 2)
    export.close()

    assert events.of(e.TraceExportChanged) == [
        e.TraceExportChanged(is_taken=False, reason="it is away"),
        e.TraceExportChanged(is_taken=True),
    ]
    assert export.counts == {"exported": 1, "dropped": 0, "failed": 3}


async def test_a_sender_with_a_bug_is_like_one_that_fails() -> None:
    def broken(_requests: Sequence[EndedRequest]) -> str:
        raise LookupError

    export = TraceExport(broken, Recorder(), policy=AT_ONCE)
    export.offer(ended("failed", status=500), SIZE_BYTES)
    export.close()

    assert export.counts == {"exported": 0, "dropped": 0, "failed": 1}


async def test_what_cannot_be_sent_before_the_end_is_dropped() -> None:
    collector = Collector()
    collector.may_take.clear()
    export = TraceExport(collector, Recorder(), policy=ExportPolicy(batch_requests=1))
    for number in range(3):
        export.offer(ended(f"failed{number}", status=500), SIZE_BYTES)
    await until(collector.is_asked.is_set)

    export.close(wait_seconds=0.01)
    collector.may_take.set()

    assert export.counts["dropped"] == 2


def test_nothing_to_send_takes_no_thread() -> None:
    before = set(threading.enumerate())
    export = TraceExport(Collector(), Recorder(), policy=ExportPolicy())
    export.offer(ended("ordinary"), SIZE_BYTES)

    assert set(threading.enumerate()) <= before
    export.close()
