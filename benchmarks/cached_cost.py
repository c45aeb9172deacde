"""What an answer from the cache costs the server, in µs of CPU, beside one from Postgres and a ping.

Run it with `python -m benchmarks.cached_cost`; figures are medians of several rounds against one process.
"""

import statistics
import tempfile
from pathlib import Path

import uvloop

from benchmarks.cases import CACHED_LIST, CASES, PRODUCTS, Case
from benchmarks.contestants import mainstay
from benchmarks.cores import take_the_rest
from benchmarks.load import Load, run_load
from benchmarks.products import make_products
from benchmarks.server_process import ServerProcess, running
from storage.embedded import EmbeddedStorage

ROUNDS = 5
SECONDS = 2
FILL_SECONDS = 5
"""Long enough to have every product kept."""

_MICROSECONDS = 1_000_000


async def cost_microseconds(server: ServerProcess, case: Case, *, seconds: int = SECONDS) -> float:
    """CPU time of the server a request."""
    before_seconds = server.cpu_seconds()
    done = await run_load(Load(url=server.url, case=case, seconds=seconds, word="CACHE"))
    return (server.cpu_seconds() - before_seconds) / done.requests * _MICROSECONDS


async def main() -> None:
    """Fill the cache, measure, print."""
    cores = take_the_rest()
    cases = [*(case for case in CASES if case.method == "GET"), CACHED_LIST]
    found: dict[str, list[float]] = {case.title: [] for case in cases}
    with tempfile.TemporaryDirectory(prefix="mainstay-benchmark-") as name:
        folder = Path(name)
        async with EmbeddedStorage(folder / "data", observe=lambda _event: None) as endpoints:
            await make_products(endpoints.postgres_dsn)
            async with running(mainstay.CONTESTANT, endpoints, core=cores.server, log=folder / "log") as server:
                for case in cases:
                    await cost_microseconds(server, case, seconds=FILL_SECONDS)
                for _ in range(ROUNDS):
                    for case in cases:
                        found[case.title].append(await cost_microseconds(server, case))
    ping = statistics.median(found["ping"])
    print(f"{PRODUCTS} products\n\n{'':<20}{'µs a request':>14}{'above a ping':>14}")
    for title, seen in found.items():
        print(f"{title:<20}{statistics.median(seen):14.0f}{statistics.median(seen) - ping:14.0f}")


if __name__ == "__main__":
    uvloop.run(main())
