"""`python -m benchmarks.growth`: measure the axes, write the figures and the picture, print them."""

import argparse
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import uvloop

from benchmarks.contestants import mainstay
from benchmarks.cores import take_the_rest
from benchmarks.growth.axes import AXES, Axis
from benchmarks.growth.found import Found, read, write
from benchmarks.growth.measuring import Ground, measured
from benchmarks.growth.multiples import PICTURE, svg
from benchmarks.growth.words import markdown
from benchmarks.loopback_servers import loopback_servers
from benchmarks.machine import machine
from benchmarks.products import postgres_version


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, or with --render make table and picture of the last run anew; the exit status."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.growth", description=__doc__)
    parser.add_argument("--only", nargs="+", choices=[axis.name for axis in AXES], help="measure these axes")
    parser.add_argument("--rounds", type=int, default=5, help="how often everything is measured (default: 5)")
    parser.add_argument("--seconds", type=int, default=2, help="how long each measurement takes (default: 2)")
    parser.add_argument("--render", action="store_true", help="measure nothing: draw the last run anew")
    asked = parser.parse_args(arguments)
    if not asked.render:
        if shutil.which("wrk") is None:
            print("This takes wrk, a generator of load: `apt-get install wrk`, or your system's way.", file=sys.stderr)
            return 1
        axes = [axis for axis in AXES if not asked.only or axis.name in asked.only]
        write(uvloop.run(_run(axes, rounds=asked.rounds, seconds=asked.seconds)))
    found = read()
    PICTURE.write_text(svg(found))
    print(markdown(found))
    return 0


async def _run(axes: Sequence[Axis], *, rounds: int, seconds: int) -> Found:
    cores = take_the_rest()
    with tempfile.TemporaryDirectory(prefix="mainstay-growth-") as name:
        async with loopback_servers(Path(name, "servers")) as endpoints:
            postgres = await postgres_version(endpoints.postgres_dsn)
            ground = Ground(endpoints=endpoints, cores=cores, folder=Path(name), rounds=rounds, seconds=seconds)
            costs = [cost for axis in axes for cost in await measured(axis, ground)]
    libraries = mainstay.CONTESTANT.libraries
    return Found(machine=machine(libraries, postgres=postgres, generator="wrk"), costs=costs)


if __name__ == "__main__":
    sys.exit(main())
