"""`python -m benchmarks.start`: how long until a service answers, and what `mainstay --help` costs; medians.

Every start is a warm one: tables and data are there, and so is the bytecode of all modules, as an installation has it.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median

import uvloop

from benchmarks.contestant import Contestant, Launch, Place
from benchmarks.contestants import mainstay
from benchmarks.environment import environment_with
from benchmarks.loopback_servers import loopback_servers
from benchmarks.products import make_products
from benchmarks.server_process import running
from storage.embedded import Endpoints

_GIVEN = ("MAINSTAY_POSTGRES_DSN", "MAINSTAY_REDIS_URL")


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """Each try's seconds until the first answer with 200, and the process's own CPU seconds by then."""

    what: str
    seconds: Sequence[float]
    cpu_seconds: Sequence[float]

    def row(self) -> str:
        """Of a table."""
        told = (f"{median(ones):.2f} ({min(ones):.2f} to {max(ones):.2f})" for ones in (self.seconds, self.cpu_seconds))
        return f"| {self.what} | {' | '.join(told)} |"


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print; the exit status."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.start", description=__doc__)
    parser.add_argument("--tries", type=int, default=7, help="how often each is started (default: 7)")
    asked = parser.parse_args(arguments)
    print("| warm | s | of it CPU of the process, s |\n| --- | ---: | ---: |")
    for start in uvloop.run(_measured(asked.tries)):
        print(start.row())
    return 0


async def _measured(tries: int) -> Sequence[Start]:
    with tempfile.TemporaryDirectory(prefix="mainstay-start-") as name:
        folder = Path(name)
        compiled = {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": str(folder / "bytecode")}
        async with loopback_servers(folder / "servers") as endpoints:
            await make_products(endpoints.postgres_dsn)
            given = await _started("given servers", _with(compiled), endpoints, log=folder / "log", tries=tries)
            inside = _with({**compiled, "MAINSTAY_DATA_DIR": str(folder / "data")}, without=_GIVEN)
            embedded = await _started("embedded servers", inside, endpoints, log=folder / "log", tries=tries)
        return [given, embedded, _help(compiled, tries=tries)]


async def _started(what: str, contestant: Contestant, endpoints: Endpoints, *, log: Path, tries: int) -> Start:
    """The first start only makes all warm."""
    found: list[tuple[float, float]] = []
    for _ in range(tries + 1):
        async with running(contestant, endpoints, core=None, log=log) as server:
            found.append((server.start_seconds, server.cpu_seconds()))
    return Start(what=what, seconds=[one for one, _ in found[1:]], cpu_seconds=[one for _, one in found[1:]])


def _with(environment: Mapping[str, str], *, without: Sequence[str] = ()) -> Contestant:
    def launch(place: Place) -> Launch:
        usual = mainstay.CONTESTANT.launch(place)
        kept = {name: value for name, value in usual.environment.items() if name not in without}
        return replace(usual, environment={**kept, **environment})

    return replace(mainstay.CONTESTANT, launch=launch)


def _help(environment: Mapping[str, str], *, tries: int) -> Start:
    found = [_helped(environment) for _ in range(tries + 1)][1:]
    return Start(what="`mainstay --help`", seconds=[one for one, _ in found], cpu_seconds=[one for _, one in found])


def _helped(environment: Mapping[str, str]) -> tuple[float, float]:
    command, before = Path(sys.executable).with_name("mainstay"), os.times()
    subprocess.run([command, "--help"], env=environment_with(environment), stdout=subprocess.DEVNULL, check=True)
    after = os.times()
    used = after.children_user + after.children_system - before.children_user - before.children_system
    return after.elapsed - before.elapsed, used


if __name__ == "__main__":
    sys.exit(main())
