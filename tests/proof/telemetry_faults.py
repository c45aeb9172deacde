"""Faults of what watches: sinks that take nothing, a label without bounds. Callers see nothing of them."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from tests.proof.callers import calling
from tests.proof.fault import Fault
from tests.proof.neighbours import beside, neighbour
from tests.proof.process_faults import LATE
from tests.proof.shops import Shop

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
            follow=LATE | {"TargetDown"},  # of the process that is there for this alone
        ),
    ]


@asynccontextmanager
async def _sentry_hangs(shop: Shop) -> AsyncIterator[None]:
    """Make a single bug: more would be felt, and an objective would tell."""
    assert shop.sinks is not None
    shop.sinks.sentry.goes_on.clear()
    try:
        await shop.get("/doors/other-bug")
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
    async with beside(shop, other):
        for path in (f"/doors/many/{number}" for number in range(_MANY)):
            await asyncio.gather(
                other.get(f"{path}?unknown=1"),
                other.get(path, method="HEAD"),
                other.get(path, method="OPTIONS"),
                other.get(path, Host="elsewhere.example"),
                other.get(path, method="HEAD", Host="elsewhere.example"),
            )
        yield
