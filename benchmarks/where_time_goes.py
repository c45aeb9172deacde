"""`python -m benchmarks.where_time_goes CASE`: where Mainstay's CPU time goes, as Markdown."""

import argparse
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import uvloop

from benchmarks.cases import CASES, OURS_ALONE, Case
from benchmarks.contestant import Contestant, Launch, Place
from benchmarks.contestants import mainstay
from benchmarks.cores import take_the_rest
from benchmarks.load import Load, run_load
from benchmarks.products import make_products
from benchmarks.server_process import running
from benchmarks.stacks import Shares, shares
from storage.embedded import EmbeddedStorage

_MICROSECONDS = 1_000_000
_WARM_SECONDS = 1
_ROWS = 25
ALL = (*CASES, *OURS_ALONE)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure what a request costs, sample, print; the exit status."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.where_time_goes", description=__doc__)
    parser.add_argument("case", nargs="?", default="read", choices=[case.name for case in ALL])
    parser.add_argument("--seconds", type=int, default=20, help="how long to look (default: 20)")
    asked = parser.parse_args(arguments)
    case = next(case for case in ALL if case.name == asked.case)
    cost_microseconds, found = uvloop.run(_run(case, seconds=asked.seconds))
    print(markdown(case, found, cost_microseconds=cost_microseconds))
    return 0


async def _run(case: Case, *, seconds: int) -> tuple[float, Shares]:
    cores = take_the_rest()
    with tempfile.TemporaryDirectory(prefix="mainstay-benchmark-") as name:
        folder = Path(name)
        stacks = folder / "stacks"
        async with EmbeddedStorage(folder / "data", observe=lambda _event: None) as endpoints:
            await make_products(endpoints.postgres_dsn)
            async with running(_sampled(stacks), endpoints, core=cores.server, log=folder / "log") as server:
                await run_load(Load(url=server.url, case=case, seconds=_WARM_SECONDS, word="WARM"))
                before_seconds = server.cpu_seconds()
                done = await run_load(Load(url=server.url, case=case, seconds=seconds, word="LOOK"))
                cost_seconds = (server.cpu_seconds() - before_seconds) / done.requests
        return cost_seconds * _MICROSECONDS, shares(stacks.read_text().splitlines())


def _sampled(stacks: Path) -> Contestant:
    """Mainstay, run by sampling.py."""

    def launch(place: Place) -> Launch:
        plain = mainstay.CONTESTANT.launch(place)
        command = (sys.executable, "-m", "benchmarks.sampling", str(stacks), *plain.arguments[1:])
        return Launch(arguments=command, environment=plain.environment)

    return replace(mainstay.CONTESTANT, launch=launch)


def markdown(case: Case, found: Shares, *, cost_microseconds: float) -> str:
    """Three tables: whose code, which functions by themselves, which of ours with all they call."""
    own = {f"`{place.module}` {place.function}": share for place, share in found.functions.items()}
    within = {f"`{place.module}` {place.function}": share for place, share in found.within.items()}
    return "\n".join(
        [
            f"**{case.title}: {cost_microseconds:.0f} µs of CPU a request, by whose code was running**\n",
            *_table("package", found.packages, cost_microseconds=cost_microseconds),
            "\n**by function, without what it calls**\n",
            *_table("function", own, cost_microseconds=cost_microseconds),
            "\n**by function of Mainstay's, with all it calls**\n",
            *_table("function", within, cost_microseconds=cost_microseconds),
        ]
    )


def _table(title: str, found: Mapping[str, float], *, cost_microseconds: float) -> Iterator[str]:
    yield f"| {title} | share | µs |"
    yield "| --- | ---: | ---: |"
    for name, share in list(found.items())[:_ROWS]:
        yield f"| {name} | {share:.1%} | {share * cost_microseconds:.1f} |"


if __name__ == "__main__":
    sys.exit(main())
