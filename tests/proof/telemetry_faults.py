"""Faults of what watches: sinks that take nothing, a label without bounds. Callers see nothing of them."""

import asyncio
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from tests.proof.callers import calling
from tests.proof.fault import Fault
from tests.proof.neighbours import OF_A_NEIGHBOUR, beside, neighbour
from tests.proof.shops import Shop

MISREADING = Path(__file__).with_name("misreading_shop.py")
_MANY = 420
"""Addresses whose request series reach the most a metric may have, when they are asked for what they do not take."""


def telemetry_faults() -> Sequence[Fault]:
    """One after the other."""
    return [
        Fault(
            name="Sentry hangs, and a handler has a bug",
            make=_sentry_hangs,
            alerts=frozenset({"TelemetryLoss (error reports)", "ExceptionsThrown"}),
            follow=frozenset({"SloAvailabilityBurnFast"}),  # of the bug, where others were made before
        ),
        Fault(
            name="the collector of traces takes none",
            make=_collector_refuses,
            alerts=frozenset({"TelemetryLoss (traces)"}),
        ),
        Fault(
            name="a label has too many values",
            make=_label_flood,
            alerts=frozenset({"SeriesLimit"}),
            follow=OF_A_NEIGHBOUR,
        ),
        Fault(
            name="a reader of events has a bug",
            make=_misread,
            alerts=frozenset({"TelemetryLoss (events)"}),
            follow=OF_A_NEIGHBOUR,
        ),
    ]


@asynccontextmanager
async def _sentry_hangs(shop: Shop) -> AsyncIterator[None]:
    """Make a single bug: more would be felt, and an objective would tell."""
    assert shop.sinks is not None
    shop.sinks.sentry.goes_on.clear()
    try:
        await shop.ask("/doors/other-bug")
        yield
    finally:
        shop.sinks.sentry.goes_on.set()


@asynccontextmanager
async def _collector_refuses(shop: Shop) -> AsyncIterator[None]:
    assert shop.sinks is not None
    shop.sinks.traces.status = 503
    try:
        async with calling(shop, "/categories", a_second=10):
            yield
    finally:
        shop.sinks.traces.status = 200


@asynccontextmanager
async def _label_flood(shop: Shop) -> AsyncIterator[None]:
    other = neighbour(shop, "crowded", settings={}, environment={"DOORS_MANY": f"{_MANY}"})
    elsewhere = {"Host": "elsewhere.example"}
    async with beside(shop, other):
        for path in (f"/doors/many/{number}" for number in range(_MANY)):
            await asyncio.gather(
                other.ask(f"{path}?unknown=1"),
                other.ask(path, method="HEAD"),
                other.ask(path, method="OPTIONS"),
                other.ask(path, headers=elsewhere),
                other.ask(path, method="HEAD", headers=elsewhere),
            )
        yield


@asynccontextmanager
async def _misread(shop: Shop) -> AsyncIterator[None]:
    """In a process of its own, as none of Mainstay's readers is known to have one."""
    other = neighbour(shop, "misread", settings={}, environment={})
    other.command = (sys.executable, MISREADING)
    async with beside(shop, other):
        yield
