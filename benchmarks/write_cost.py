"""What a write costs with an Idempotency-Key, with an entry in the audit trail and with both, beside one with neither.

Run it with `python -m benchmarks.write_cost`: µs of this process's CPU, and of waiting, the embedded Postgres included.
One write at a time, rounds in turns, medians.
"""

import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated
from uuid import uuid4

import uvloop

from middleware.inbound.idempotency import RequestKey
from middleware.outbound.layer import Senses
from middleware.outbound.policy import PoolPolicy
from server import ANYONE, Indexed, Model, Resource, Service
from server.declaration import checked
from server.record_tables import record_tables
from server.schema_start import SchemaStart
from server.settings import Settings
from storage.embedded import EmbeddedStorage
from storage.origin import Origin
from storage.postgres.pool import Pool
from storage.records import Records
from telemetry.events import Event

WRITES = 300
ROUNDS = 11
ORIGIN = Origin(subject="ada", credential_id="k", address="127.0.0.1", request_id="r", operation="POST /things")

Write = Callable[[Records], Awaitable[object]]


class Plain(Model):
    name: Annotated[str, Indexed()]
    stock: int = 0


class Audited(Model):
    name: Annotated[str, Indexed()]
    stock: int = 0


SERVICE = Service(
    name="writes",
    resources=[Resource(Plain, "/plain", access=ANYONE), Resource(Audited, "/audited", access=ANYONE, audited=True)],
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """Of one write, in µs."""

    cpu: float
    waiting: float


def unheard(_event: Event) -> None:
    """Nobody listens."""


def new_key() -> RequestKey:
    """A key that was not used before."""
    name = uuid4()
    return RequestKey(name=str(name), lock=name.int % 2**62, fingerprint=str(name))


async def cost(write: Write, records: Records, *, is_keyed: bool) -> Cost:
    """The cost of one of several writes, one after the other."""
    started, cpu_started = time.perf_counter(), time.process_time()
    for _ in range(WRITES):
        await write(replace(records, key=new_key()) if is_keyed else records)
    cpu, waited = time.process_time() - cpu_started, time.perf_counter() - started
    return Cost(cpu=cpu / WRITES * 1e6, waiting=waited / WRITES * 1e6)


async def compare(records: Mapping[type[Model], Records]) -> None:
    """Print the table."""
    models: tuple[type[Plain | Audited], ...] = (Plain, Audited)
    kinds = [(model, is_keyed) for model in models for is_keyed in (False, True)]
    writes: dict[str, Callable[[type[Plain | Audited]], Write]] = {}
    kept = {model: (await records[model].create(model(name="kept"))).key for model in models}
    stocks = iter(range(10**9))
    writes["create"] = lambda model: lambda of: of.create(model(name="new"))
    writes["update"] = lambda model: lambda of: of.change(kept[model], {"stock": next(stocks)})
    seen: dict[tuple[str, str, bool], list[Cost]] = {}
    for _ in range(ROUNDS):
        for word, write in writes.items():
            for model, is_keyed in kinds:
                one = await cost(write(model), records[model], is_keyed=is_keyed)
                seen.setdefault((word, model.__name__.lower(), is_keyed), []).append(one)
    print(f"{'µs a write':<32}{'CPU':>10}{'waiting':>12}")
    for (word, name, is_keyed), found in seen.items():
        cpu, waiting = (statistics.median(getattr(one, what) for one in found) for what in ("cpu", "waiting"))
        label = f"{word}, {name}{', with a key' if is_keyed else ''}"
        print(f"{label:<32}{cpu:10.0f}{waiting:12.0f}")


async def main() -> None:
    """Over an embedded Postgres of its own."""
    declaration = checked(SERVICE)
    with tempfile.TemporaryDirectory() as folder:
        async with EmbeddedStorage(Path(folder) / "data", observe=unheard, valkey=False) as endpoints:
            start = SchemaStart(declaration=declaration, settings=Settings(migrate="safe"), observe=unheard)
            await start.run(endpoints.postgres_dsn)
            pool = Pool(endpoints.postgres_dsn, policy=PoolPolicy(), senses=Senses(observe=unheard))
            await pool.open()
            tables = record_tables(declaration.types)
            await compare({model: Records(table, pool, origin=ORIGIN) for model, table in tables.items()})
            await pool.close()


if __name__ == "__main__":
    uvloop.run(main())
