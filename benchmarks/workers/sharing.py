"""Measures each way to share a port."""

import time
from collections.abc import Sequence

from benchmarks.workers.found import Shared
from benchmarks.workers.spread import spread, until_all_answer
from benchmarks.workers.used import cpu_seconds
from benchmarks.workers.ways import Ground, ways
from benchmarks.workers.wrk import wrk

WORKERS = (2, 4)
TRIES = 5
_SECONDS = 3


async def measured_ways() -> Sequence[Shared]:
    """One after the other, with two and with four workers."""
    return [await _measured(name, workers) for name in ways() for workers in WORKERS]


async def _measured(name: str, workers: int) -> Shared:
    async with ways()[name](workers) as ground:
        port = ground.port
        await until_all_answer(port, workers=workers)
        kept, kept_cost = await _loaded(ground)
        opened, opened_cost = await _loaded(ground, headers=["Connection: close"])
        found = Shared(
            way=name,
            workers=workers,
            at_once=[await spread(port, workers=workers, apart=False) for _ in range(TRIES)],
            one_by_one=[await spread(port, workers=workers, apart=True) for _ in range(TRIES)],
            kept_per_second=kept,
            kept_microseconds=kept_cost,
            opened_per_second=opened,
            opened_microseconds=opened_cost,
        )
    print(f"{name}, {workers} workers: {found.at_once[0]} {kept_cost} and {opened_cost} µs", flush=True)
    return found


async def _loaded(ground: Ground, *, headers: Sequence[str] = ()) -> tuple[float, float]:
    """Requests a second, and CPU time of one, of all processes there are and of this one, which may accept."""
    used, own = cpu_seconds(ground.pids), time.process_time()
    ran = await wrk(f"http://127.0.0.1:{ground.port}/", seconds=_SECONDS, headers=headers)
    spent_seconds = cpu_seconds(ground.pids) - used + time.process_time() - own
    return ran.per_second, round(spent_seconds / (ran.per_second * _SECONDS) * 1e6, 1)
