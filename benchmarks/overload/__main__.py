"""`python -m benchmarks.overload`: measure, print, write the figures and the picture of docs/resilience.md."""

import argparse
import sys
import tempfile
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import uvloop

from benchmarks.contestant import Contestant, present
from benchmarks.cores import take_the_rest
from benchmarks.loopback_servers import loopback_servers
from benchmarks.machine import machine
from benchmarks.overload.contenders import CONTENDERS, MAINSTAY, NOTHING
from benchmarks.overload.curve import PICTURE, svg
from benchmarks.overload.figures import CASES, markdown, shares
from benchmarks.overload.rows import Found, Row, read, write
from benchmarks.overload.stretches import read_stretches, work_stretches
from benchmarks.products import make_products, postgres_version
from benchmarks.server_process import ServerProcess, running


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, or with --render make table and picture of the last run anew; the exit status."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.overload", description=__doc__)
    parser.add_argument("--seconds", type=float, default=5.0, help="how long each load lasts but the longest")
    parser.add_argument("--only", nargs="+", choices=[one.name for one in CONTENDERS], help="measure these servers")
    parser.add_argument("--cases", nargs="+", choices=list(CASES), default=list(CASES), help="ask for these")
    parser.add_argument("--render", action="store_true", help="measure nothing: make the picture of the last run anew")
    asked = parser.parse_args(arguments)
    if not asked.render:
        chosen = [one for one in CONTENDERS if not asked.only or one.name in asked.only]
        write(uvloop.run(_measured(chosen, asked.cases, seconds=asked.seconds)))
    found = read()
    PICTURE.write_text(svg(found))
    print(f"{markdown(found)}\n\n{shares(found)}")
    return 0


async def _measured(chosen: Sequence[Contestant], cases: Sequence[str], *, seconds: float) -> Found:
    cores, rows = take_the_rest(), list[Row]()
    with tempfile.TemporaryDirectory(prefix="mainstay-overload-") as name:
        async with loopback_servers(Path(name, "servers")) as endpoints:
            postgres = await postgres_version(endpoints.postgres_dsn)
            await make_products(endpoints.postgres_dsn)
            for one in present(chosen):
                async with running(one, endpoints, core=cores.server, log=Path(name, "log")) as server:
                    async for row in _stretches(server, cases, seconds=seconds):
                        print(f"{one.name:10} {row.case} {row.load:18} {row.good:6.0f}/s {row.share:6.1%}", flush=True)
                        rows.append(row)
    libraries = {library for one in chosen for library in one.libraries}
    return Found(machine=machine(libraries, postgres=postgres, generator="own"), rows=rows)


async def _stretches(server: ServerProcess, cases: Sequence[str], *, seconds: float) -> AsyncIterator[Row]:
    if "read" in cases and server.contestant is not NOTHING:
        async for row in read_stretches(server, seconds=seconds):
            yield row
    if "work" in cases:
        async for row in work_stretches(server, seconds=seconds, has_priorities=server.contestant is MAINSTAY):
            yield row


if __name__ == "__main__":
    sys.exit(main())
