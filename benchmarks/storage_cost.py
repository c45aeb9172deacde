"""What asking Postgres, Redis and the limits costs, in µs of CPU, for one caller and for several at a time.

Run it with `python -m benchmarks.storage_cost`: this process's CPU alone, the embedded servers' left out; nobody
listens to events. Rounds in turns, medians. *aiopg* is a kept cursor on which a prepared statement is executed.
"""

import asyncio
import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import aiopg
import uvloop
from psycopg2.extensions import BYTES, register_type
from redis import asyncio as aioredis

from benchmarks.cases import product_key
from benchmarks.products import make_products
from middleware.inbound.leases import Leases
from middleware.inbound.limiter import Limiter
from middleware.inbound.local_limits import LocalLimits
from middleware.inbound.quota import Limit, charge_of
from middleware.outbound.layer import Senses
from middleware.outbound.policy import PoolPolicy, RedisPolicy
from middleware.suspension import Suspension
from storage.embedded import EmbeddedStorage, Endpoints
from storage.postgres.pool import Pool
from storage.postgres.statement import statement
from storage.redis.client import RedisClient
from storage.redis.shared_limits import SharedLimits
from telemetry.events import Event

CALLS = 2_000
ROUNDS = 9
CALLERS = (1, 4, 16)
CONNECTIONS = 16
READ = statement(
    "SELECT row_to_json(r)::text, r.id::text FROM (SELECT * FROM product WHERE id = $1) r",
    types={"id": "uuid"},
    writes=False,
)
PLENTY = charge_of("read", Limit(1_000_000), cost=1)

PATIENT = RedisPolicy(
    slow_call_seconds=10, socket_timeout_seconds=10, connect_timeout_seconds=10, attempt_timeout_seconds=20
)
"""Other work on the machine may keep the server waiting: that shall not open the breaker here."""

Ask = Callable[[], Awaitable[object]]


def nobody_listens(_event: Event) -> None:
    """For what is told."""


@asynccontextmanager
async def by_aiopg(dsn: str) -> AsyncIterator[Ask]:
    """A prepared read on kept cursors, the last used first."""
    idle = []
    for _ in range(CONNECTIONS):
        cursor = await (await aiopg.connect(dsn, enable_json=False, enable_hstore=False)).cursor()
        register_type(BYTES, cursor.raw)
        await cursor.execute(READ.preparation)
        idle.append(cursor)

    async def ask() -> object:
        cursor = idle.pop()
        await cursor.execute(f"EXECUTE {READ.name} (%s)", (product_key(7),))
        idle.append(cursor)
        return cursor.raw.fetchall()

    yield ask
    for cursor in idle:
        await cursor.connection.close()


@asynccontextmanager
async def asking(endpoints: Endpoints) -> AsyncIterator[Mapping[str, Ask]]:
    """Everything that is measured, by its name."""
    senses = Senses(observe=nobody_listens)
    pool = Pool(endpoints.postgres_dsn, policy=PoolPolicy(minimum=CONNECTIONS, maximum=2 * CONNECTIONS), senses=senses)
    redis = RedisClient(endpoints.redis_url, policy=PATIENT, senses=senses)
    plain = aioredis.from_url(endpoints.redis_url)
    shared = SharedLimits(redis)
    limiter = Limiter(shared, LocalLimits(), leases=Leases(), observe=nobody_listens, suspension=Suspension())
    await pool.open()
    await redis.run("SET", "answer", "x" * 400)
    async with by_aiopg(endpoints.postgres_dsn) as bare:
        yield {
            "Postgres: a prepared read, aiopg": bare,
            "Postgres: the same through the pool": lambda: pool.run(READ, (product_key(7),), operation="read"),
            "Redis: GET, redis.asyncio": lambda: plain.get("answer"),
            "Redis: GET": lambda: redis.run("GET", "answer"),
            "limits: a decision that asks Redis": lambda: shared.take("asked", PLENTY),
            "limits: a decision, mostly from a lease": lambda: limiter.take("leased", PLENTY),
        }
    await plain.aclose()
    await redis.close()
    await pool.close()


async def cpu_micros(ask: Ask, *, callers: int) -> float:
    """CPU time of one call, where so many are made at a time."""

    async def call() -> None:
        for _ in range(CALLS // callers):
            await ask()

    started = time.process_time()
    await asyncio.gather(*(call() for _ in range(callers)))
    return (time.process_time() - started) / CALLS * 1e6


async def main() -> None:
    """Measure, and print a table."""
    seen: dict[tuple[str, int], list[float]] = {}
    with tempfile.TemporaryDirectory(prefix="mainstay-benchmark-") as name:
        async with EmbeddedStorage(Path(name), observe=lambda _event: None) as endpoints:
            await make_products(endpoints.postgres_dsn)
            async with asking(endpoints) as asks:
                for _ in range(ROUNDS):
                    for title, ask in asks.items():
                        for callers in CALLERS:
                            seen.setdefault((title, callers), []).append(await cpu_micros(ask, callers=callers))
    print(f"{'µs a call, for so many callers at a time':<44}" + "".join(f"{callers:>8}" for callers in CALLERS))
    for title in asks:
        print(f"{title:<44}" + "".join(f"{statistics.median(seen[title, callers]):8.1f}" for callers in CALLERS))


if __name__ == "__main__":
    uvloop.run(main())
