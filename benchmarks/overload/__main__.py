"""`python -m benchmarks.overload`: measure, print, write the figures and the picture of docs/resilience.md."""

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import uvloop

from benchmarks.contestant import Contestant, present
from benchmarks.cores import take_the_rest
from benchmarks.loopback_servers import loopback_servers
from benchmarks.machine import machine
from benchmarks.overload.contenders import CONTENDERS, MAINSTAY
from benchmarks.overload.curve import PICTURE, svg
from benchmarks.overload.figures import markdown
from benchmarks.overload.rows import Found, Row, read, write
from benchmarks.overload.stretches import stretches
from benchmarks.products import postgres_version
from benchmarks.server_process import running


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, or with --render make table and picture of the last run anew; the exit status."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.overload", description=__doc__)
    parser.add_argument("--seconds", type=float, default=5.0, help="how long each load lasts but the longest")
    parser.add_argument("--only", nargs="+", choices=[one.name for one in CONTENDERS], help="measure these servers")
    parser.add_argument("--render", action="store_true", help="measure nothing: make the picture of the last run anew")
    asked = parser.parse_args(arguments)
    if not asked.render:
        chosen = [one for one in CONTENDERS if not asked.only or one.name in asked.only]
        write(uvloop.run(_measured(chosen, seconds=asked.seconds)))
    found = read()
    PICTURE.write_text(svg(found))
    print(markdown(found))
    return 0


async def _measured(chosen: Sequence[Contestant], *, seconds: float) -> Found:
    cores, rows = take_the_rest(), list[Row]()
    with tempfile.TemporaryDirectory(prefix="mainstay-overload-") as name:
        async with loopback_servers(Path(name, "servers")) as endpoints:
            postgres = await postgres_version(endpoints.postgres_dsn)
            for one in present(chosen):
                async with running(one, endpoints, core=cores.server, log=Path(name, "log")) as server:
                    async for row in stretches(server, seconds=seconds, has_priorities=one is MAINSTAY):
                        print(f"{one.name:10} {row.load:18} {row.good:6.0f}/s {row.share:6.1%}", flush=True)
                        rows.append(row)
    libraries = {library for one in chosen for library in one.libraries}
    return Found(machine=machine(libraries, postgres=postgres, generator="own"), rows=rows)


if __name__ == "__main__":
    sys.exit(main())
