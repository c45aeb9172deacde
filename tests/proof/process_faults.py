"""Faults of a process and of those who call it."""

import asyncio
import resource
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path

from tests.proof.callers import calling, coming
from tests.proof.dependency_faults import BURNS, locked_out
from tests.proof.fault import Fault
from tests.proof.intruder import intrude
from tests.proof.shops import Shop

LATE = frozenset({"BreakerOpen", "CacheDegraded", "DependencyDown", "DependencyErrorRatio", "RateLimitDegraded"})
"""What a process that is late for everything makes of Redis, and Prometheus of the process: at this pace a scrape has
half a second."""

_BURNERS = 6
"""Threads that compute at any time, as many as there are for that on two cores: they get more than one of these, though
others want some too."""

_WORK_SECONDS = 0.005
_WORK_A_SECOND = 400
_RUSH_SECONDS, _REST_SECONDS = 0.9, 0.7
"""Twice what there is time for, for longer than a burst may last; then room for a scrape."""

_SPARE_FILES = 3
_SLOW_CONNECTIONS_A_SECOND = 4
_numbers = count()


def process_faults() -> Sequence[Fault]:
    """One after the other."""
    return [
        Fault(
            name="a handler waits and lets nobody else go on",
            make=_blocked,
            alerts=frozenset({"EventLoopLagHigh"}),
            follow=BURNS | LATE | {"Shedding", "CallersLeaving"},
        ),
        Fault(name="answers take long", make=_slow_answers, alerts=frozenset({"SloLatencyBurnFast"}), follow=BURNS),
        Fault(
            name="a handler has a bug",
            make=_bugs,
            alerts=frozenset({"ExceptionsThrown", "SloAvailabilityBurnFast"}),
            follow=BURNS,
        ),
        Fault(
            name="keys and passwords are guessed, and one session is stolen",
            make=_guesses,
            alerts=frozenset({"AuthenticationFailuresHigh"}),
            follow=frozenset({"CallersLimited"}),
        ),
        Fault(name="a client runs away", make=_runaway, alerts=frozenset({"CallersLimited"})),
        Fault(
            name="callers give up early, and ask again",
            make=_impatient,
            alerts=frozenset({"CallersLeaving"}),
            follow=BURNS,
        ),
        Fault(name="headers come slowly", make=_slow_headers, alerts=frozenset({"SlowCallers"})),
        Fault(name="almost no file can be opened any more", make=_few_files, alerts=frozenset({"FileDescriptorsHigh"})),
        Fault(name="nobody reads the log", make=_log_unread, alerts=frozenset({"TelemetryLoss (log lines)"})),
        Fault(
            name="more is asked than can be done",
            make=_overloaded,
            alerts=frozenset({"Shedding"}),
            follow=BURNS | LATE | {"EventLoopLagHigh", "CallersLeaving", "TargetDown", "ServiceDown"},
        ),
        Fault(
            name="a table is locked for longer than anybody waits",
            make=locked_out,
            alerts=frozenset({"PoolAcquireTimeouts"}),
            follow=BURNS
            | {"PoolWaitHigh", "BulkheadFull", "BreakerOpen", "DependencyDown", "DependencyErrorRatio", "RetryStorm"}
            | {"CallersLeaving", "Shedding", "StaleAnswersServed"},
        ),
        Fault(name="nobody calls", make=_silence, alerts=frozenset({"NoTraffic"})),
    ]


def greedy_faults() -> Sequence[Fault]:
    """When nothing else is going on: they take all the machine has."""
    return [
        Fault(
            name="a process uses more than a core",
            make=_burning,
            alerts=frozenset({"CpuSaturated"}),
            follow=BURNS | LATE | {"EventLoopLagHigh", "TargetDown", "ServiceDown"},
        )
    ]


@asynccontextmanager
async def _blocked(shop: Shop) -> AsyncIterator[None]:
    async with calling(shop, "/doors/block?seconds=0.55", a_second=1):
        yield


@asynccontextmanager
async def _slow_answers(shop: Shop) -> AsyncIterator[None]:
    async with calling(shop, "/doors/wait?seconds=0.4", a_second=10):
        yield


@asynccontextmanager
async def _bugs(shop: Shop) -> AsyncIterator[None]:
    async with calling(shop, "/doors/bug", a_second=10):
        yield


@asynccontextmanager
async def _overloaded(shop: Shop) -> AsyncIterator[None]:
    """Calls come in rushes, one after the other; each holds up the loop for a time that no machine makes shorter."""
    under_way: set[asyncio.Task[int]] = set()

    async def rush() -> None:
        while True:
            for _ in range(round(_RUSH_SECONDS * _WORK_A_SECOND)):
                call = asyncio.create_task(shop.ask(f"/doors/work?seconds={_WORK_SECONDS}"))
                under_way.add(call)
                call.add_done_callback(under_way.discard)
                await asyncio.sleep(1 / _WORK_A_SECOND)
            await asyncio.sleep(_REST_SECONDS)

    rushing = asyncio.create_task(rush())
    try:
        yield
    finally:
        rushing.cancel()
        await asyncio.gather(*under_way)


@asynccontextmanager
async def _guesses(shop: Shop) -> AsyncIterator[None]:
    def headers() -> dict[str, str]:
        number = next(_numbers)
        return {
            "Authorization": f"Bearer wrong-{number}",
            "X-Forwarded-For": f"198.51.{number // 250 % 250}.{number % 250 + 1}",
        }

    async with calling(shop, "/orders", a_second=120, headers=headers):
        await intrude(shop)
        yield


@asynccontextmanager
async def _runaway(shop: Shop) -> AsyncIterator[None]:
    async with calling(shop, "/doors/limited", a_second=20):
        yield


@asynccontextmanager
async def _impatient(shop: Shop) -> AsyncIterator[None]:
    async def insist() -> int:
        """Write a review, and then the same again under the same key, as whoever has seen no answer does."""
        key = {"Idempotency-Key": f"review-{next(_numbers)}"}
        await shop.write_review(key)
        return await shop.write_review(key)

    async with calling(shop, "/doors/wait?seconds=0.2", a_second=6, seconds=0.1), coming(insist, a_second=3):
        yield


@asynccontextmanager
async def _slow_headers(shop: Shop) -> AsyncIterator[None]:
    writers: list[asyncio.StreamWriter] = []

    async def come() -> None:
        while True:
            _, writer = await asyncio.open_connection("127.0.0.1", shop.port)
            writer.write(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow:")
            writers.append(writer)
            await asyncio.sleep(1 / _SLOW_CONNECTIONS_A_SECOND)

    coming = asyncio.create_task(come())
    try:
        yield
    finally:
        coming.cancel()
        for writer in writers:
            writer.close()


@asynccontextmanager
async def _few_files(shop: Shop) -> AsyncIterator[None]:
    before = resource.prlimit(shop.pid, resource.RLIMIT_NOFILE)
    open_now = len(list(Path(f"/proc/{shop.pid}/fd").iterdir()))
    resource.prlimit(shop.pid, resource.RLIMIT_NOFILE, (open_now + _SPARE_FILES, before[1]))
    try:
        yield
    finally:
        resource.prlimit(shop.pid, resource.RLIMIT_NOFILE, before)


@asynccontextmanager
async def _log_unread(shop: Shop) -> AsyncIterator[None]:
    shop.reads_log.clear()
    try:
        async with calling(shop, "/categories", a_second=150):
            yield
    finally:
        shop.reads_log.set()


@asynccontextmanager
async def _burning(shop: Shop) -> AsyncIterator[None]:
    async with calling(shop, "/doors/burn?seconds=1", a_second=_BURNERS):
        yield


@asynccontextmanager
async def _silence(shop: Shop) -> AsyncIterator[None]:
    shop.is_called = False
    try:
        yield
    finally:
        shop.is_called = True
