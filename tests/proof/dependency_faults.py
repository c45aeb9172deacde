"""Faults of what a shop depends on: Postgres, Valkey, the payments service."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from http import HTTPStatus

import psycopg2

from storage.embedded import running_postgres
from tests.acceptance.faulty_servers import held, processes_of
from tests.acceptance.http_pages import api
from tests.patience import until_told
from tests.proof.callers import calling, coming
from tests.proof.fault import Fault
from tests.proof.shops import Shop

BURNS = frozenset({"SloAvailabilityBurnFast", "SloAvailabilityBurnSlow", "SloLatencyBurnFast", "SloLatencyBurnSlow"})
"""What any fault that callers feel may burn."""

_PULSE_SECONDS, _PAUSE_SECONDS = 0.35, 0.03
_LOCKOUT_SECONDS, _OPEN_SECONDS = 1.6, 0.2
"""Longer than anybody waits for a connection, and over soon enough for the breaker to try again."""

_CHARGES_A_SECOND = 60
_PRICES_A_SECOND = 4


def dependency_faults() -> Sequence[Fault]:
    """One after the other."""
    return [
        Fault(
            name="Postgres hangs (SIGSTOP)",
            make=_postgres_hangs,
            alerts=frozenset(
                {
                    "DependencyDown",
                    "BreakerOpen",
                    "DependencyErrorRatio",
                    "StaleAnswersServed",
                    "SloAvailabilityBurnFast",
                }
            ),
            follow=BURNS | {"PoolAcquireTimeouts", "PoolWaitHigh", "BulkheadFull", "RetryStorm", "CallersLeaving"},
        ),
        Fault(
            name="a table is locked again and again",
            make=_table_locked,
            alerts=frozenset({"PoolWaitHigh", "SloLatencyBurnFast"}),
            follow=BURNS | {"BulkheadFull", "BreakerOpen", "DependencyErrorRatio", "StaleAnswersServed", "Shedding"},
        ),
        Fault(
            name="Valkey hangs (SIGSTOP), and prices change",
            make=_valkey_hangs,
            alerts=frozenset(
                {"DependencyDown", "BreakerOpen", "DependencyErrorRatio", "RateLimitDegraded", "CacheDegraded"}
            ),
        ),
        Fault(
            name="the payments service fails",
            make=lambda shop: _payments(shop, {"failing": 0.4}),  # the breaker opens at half
            alerts=frozenset({"DependencyErrorRatio", "RetryStorm", "SloAvailabilityBurnFast"}),
            follow=BURNS | {"DependencyDown"},  # a second of failures one after the other is a minute at this pace
        ),
        Fault(
            name="the payments service hangs",
            make=lambda shop: _payments(shop, {"delay_seconds": 20}),
            alerts=frozenset({"BulkheadFull"}),
            follow=BURNS | {"DependencyDown", "BreakerOpen", "DependencyErrorRatio", "RetryStorm", "Shedding"},
        ),
    ]


@asynccontextmanager
async def _postgres_hangs(shop: Shop) -> AsyncIterator[None]:
    with held(processes_of("postgres", shop.data_dir)):
        yield


@asynccontextmanager
async def _valkey_hangs(shop: Shop) -> AsyncIterator[None]:
    with held(processes_of("valkey-server", shop.data_dir)):
        async with coming(shop.change_price, a_second=_PRICES_A_SECOND):
            yield


@asynccontextmanager
async def _table_locked(shop: Shop) -> AsyncIterator[None]:
    """For a third of a second at a time, while many read it and write it."""
    async with locked(shop, held_seconds=_PULSE_SECONDS, free_seconds=_PAUSE_SECONDS):
        yield


@asynccontextmanager
async def locked_out(shop: Shop) -> AsyncIterator[None]:
    """For so long that readers and writers have all connections, and others get none in time."""
    async with locked(shop, held_seconds=_LOCKOUT_SECONDS, free_seconds=_OPEN_SECONDS):
        yield


@asynccontextmanager
async def locked(shop: Shop, *, held_seconds: float, free_seconds: float) -> AsyncIterator[None]:
    """Lock reviews again and again, while many read them and write them."""
    is_over = asyncio.Event()
    dsn = running_postgres(shop.data_dir)

    def pulse() -> None:
        connection = psycopg2.connect(dsn)
        with connection, connection.cursor() as cursor:
            cursor.execute("LOCK TABLE review IN ACCESS EXCLUSIVE MODE")
            cursor.execute("SELECT pg_sleep(%s)", [held_seconds])
        connection.close()

    async def pulses() -> None:
        while not is_over.is_set():
            await asyncio.to_thread(pulse)
            await asyncio.sleep(free_seconds)

    pulsing = asyncio.create_task(pulses())
    try:
        async with (
            calling(shop, "/reviews?limit=1", a_second=40),
            coming(shop.write_review, a_second=25),
        ):
            yield
    finally:
        is_over.set()
        await pulsing


@asynccontextmanager
async def _payments(shop: Shop, mood: dict[str, float]) -> AsyncIterator[None]:
    async def charged() -> bool:
        return await shop.ask("/doors/charge") < HTTPStatus.BAD_REQUEST

    charging = calling(shop, "/doors/charge", a_second=_CHARGES_A_SECOND)
    async with api(shop.environment["PAYMENTS_URL"]) as payments, charging:
        await payments("PUT", "/mood", mood)
        try:
            yield
        finally:
            await payments("PUT", "/mood", {})
            await until_told(charged)  # a breaker closes when somebody tries
