"""`python -m benchmarks.workers sharing|serving|picture`."""

import asyncio
import sys

import uvloop

from benchmarks.machine import machine
from benchmarks.workers.found import Found, read, write
from benchmarks.workers.serving import measured_workers
from benchmarks.workers.sharing import measured_ways
from benchmarks.workers.sketch import PICTURE, svg


def main(arguments: list[str]) -> int:
    """Measure what is asked for, keep it, draw all; the exit status."""
    here = machine(["aiohttp", "uvloop"], postgres="18.4", generator="wrk")
    match arguments:
        case ["sharing"]:
            write(Found(machine=here, sharing=uvloop.run(measured_ways())))
        case ["serving"]:
            write(Found(machine=here, serving=asyncio.run(measured_workers())))
        case ["picture"]:
            PICTURE.write_text(svg(read()))
        case _:
            print(__doc__, file=sys.stderr)
            return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
