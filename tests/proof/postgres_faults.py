"""What others do to the Postgres of a shop; its server is asked how it is every quarter of a minute."""

import asyncio
import threading
from collections.abc import AsyncIterator, Sequence
from contextlib import ExitStack, asynccontextmanager, closing, suppress

import psycopg2

from storage.embedded import running_postgres
from storage.embedded.furnishing import serving_role
from tests.proof.fault import Fault
from tests.proof.shops import Shop

_LONG_SECONDS = 90.0
_SHARE = 0.84
"""Of all connections, beside those of the shop, which has ten at most and gives back those it does not need."""

_ROWS = 30_000
"""Of nearly a kilobyte: three times what the shop has."""

_ROUNDS, _PAIRS = 4, 3
"""Twice as many deadlocks as it takes, as the server may be asked how it is in the middle of them."""


def postgres_faults() -> Sequence[Fault]:
    """Those that hold at the same time."""
    return [
        Fault(
            name="others take the connections of Postgres, and fill it",
            make=_connected,
            alerts=frozenset({"PostgresConnectionsHigh"}),
            patience_seconds=_LONG_SECONDS,
        ),
        Fault(
            name="somebody leaves a transaction open",
            make=_open_transaction,
            alerts=frozenset({"LongTransaction"}),
            patience_seconds=_LONG_SECONDS,
        ),
        Fault(
            name="transactions lock each other out",
            make=_deadlocked,
            alerts=frozenset({"DeadlocksHigh"}),
            patience_seconds=_LONG_SECONDS,
        ),
    ]


@asynccontextmanager
async def _connected(shop: Shop) -> AsyncIterator[None]:
    dsn = running_postgres(shop.data_dir)
    with ExitStack() as held:
        first = held.enter_context(closing(psycopg2.connect(dsn)))
        with first.cursor() as cursor:
            cursor.execute("SELECT current_setting('max_connections')::int")
            (most,) = cursor.fetchone() or (0,)
            cursor.execute("CREATE TEMP TABLE copied AS SELECT repeat('x', 900) FROM generate_series(1, %s)", [_ROWS])
        first.commit()
        for _ in range(int(most * _SHARE)):
            held.enter_context(closing(psycopg2.connect(dsn)))
        yield


@asynccontextmanager
async def _open_transaction(shop: Shop) -> AsyncIterator[None]:
    dsn, role = running_postgres(shop.data_dir), serving_role("shop")  # which sees of others only that they are there
    with closing(psycopg2.connect(dsn, user=role)) as connection, connection.cursor() as cursor:
        cursor.execute("SET idle_in_transaction_session_timeout = 0")
        cursor.execute("SELECT txid_current()")
        yield


@asynccontextmanager
async def _deadlocked(shop: Shop) -> AsyncIterator[None]:
    dsn = running_postgres(shop.data_dir)
    for _ in range(_ROUNDS):
        await asyncio.gather(*(_deadlock(dsn, 2 * pair, 2 * pair + 1) for pair in range(_PAIRS)))
    yield


async def _deadlock(dsn: str, one: int, other: int) -> None:
    barrier = threading.Barrier(2)
    orders = ((one, other), (other, one))
    await asyncio.gather(*(asyncio.to_thread(_cross, dsn, order, barrier) for order in orders))


def _cross(dsn: str, order: tuple[int, int], barrier: threading.Barrier) -> None:
    """Take one lock, and when the other session has taken the other, want that too; Postgres ends one of the two."""
    with (
        suppress(psycopg2.errors.DeadlockDetected),
        closing(psycopg2.connect(dsn)) as connection,
        connection.cursor() as cursor,
    ):
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", order[:1])
        barrier.wait()
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", order[1:])
