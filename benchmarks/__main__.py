"""`python -m benchmarks`: measure all contestants in one run, write the results, their table and their picture."""

import argparse
import random
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import uvloop

from benchmarks.cases import CASES, PRODUCTS
from benchmarks.contestant import Contestant, present
from benchmarks.cores import TooFewCores, take_the_rest
from benchmarks.load import CONNECTIONS, LoadFailed, generator_name
from benchmarks.loopback_servers import ServersFailed, loopback_servers
from benchmarks.machine import machine
from benchmarks.picture import svg
from benchmarks.products import postgres_version
from benchmarks.registry import CONTESTANTS, REFERENCE
from benchmarks.results import FOLDER, Entry, Results, read_results, written
from benchmarks.rounds import Ground, Measured, Plan, measure
from benchmarks.same_answers import AnswersDiffer
from benchmarks.server_process import ServerFailed
from benchmarks.table import markdown
from storage.embedded import EmbeddedFailed, ProgramMissing

_REFUSALS = (
    AnswersDiffer,
    EmbeddedFailed,
    LoadFailed,
    ProgramMissing,
    ServerFailed,
    ServersFailed,
    TooFewCores,
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, or with --render make table and picture of a run anew; the exit status."""
    asked = _parser().parse_args(arguments)
    path = FOLDER / f"{asked.name}.json"
    if asked.render:
        _write_readable(read_results(path.read_bytes()), path)
        return 0
    chosen = [one for one in CONTESTANTS if not asked.only or one.name in (*asked.only, REFERENCE.name)]
    chance = random.Random(asked.seed)  # noqa: S311 - it decides an order, nothing secret
    plan = Plan(
        contestants=list(present(chosen)), cases=CASES, rounds=asked.rounds, seconds=asked.seconds, chance=chance
    )
    try:
        results = uvloop.run(_run(plan))
    except KeyboardInterrupt:
        return 130
    except _REFUSALS as error:
        print(error, file=sys.stderr)
        return 1
    path.write_bytes(written(results))
    _write_readable(results, path)
    print(f"\n{markdown(results)}\nWritten to {path}, and as .md and .svg beside it.")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=sys.modules[__name__].__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="how often everything is measured (default: 5)")
    parser.add_argument("--seconds", type=int, default=3, help="how long each measurement takes (default: 3)")
    parser.add_argument("--name", default="local", help="of the files in benchmarks/results (default: local)")
    parser.add_argument("--seed", type=int, default=1, help="decides each round's order")
    parser.add_argument("--only", nargs="+", metavar="CONTESTANT", help="these, beside the reference")
    parser.add_argument("--render", action="store_true", help="measure nothing: make a run's table and picture anew")
    return parser


async def _run(plan: Plan) -> Results:
    cores = take_the_rest()
    with tempfile.TemporaryDirectory(prefix="mainstay-benchmark-") as name:
        async with loopback_servers(Path(name, "servers")) as endpoints:
            postgres = await postgres_version(endpoints.postgres_dsn)
            ground = Ground(endpoints=endpoints, cores=cores, folder=Path(name))
            found = await measure(plan, ground, tell=lambda words: print(words, flush=True))
    return _results(plan, found, postgres=postgres)


def _results(plan: Plan, found: Measured, *, postgres: str) -> Results:
    libraries = [name for one in plan.contestants for name in one.libraries]
    return Results(
        reference=REFERENCE.name,
        rounds=plan.rounds,
        seconds=plan.seconds,
        connections=CONNECTIONS,
        products=PRODUCTS,
        machine=machine(libraries, postgres=postgres, generator=generator_name()),
        contestants=[_entry(one) for one in plan.contestants],
        cases=[(case.name, case.title) for case in plan.cases],
        measurements=found.measurements,
        processes=found.processes,
    )


def _entry(contestant: Contestant) -> Entry:
    return Entry(name=contestant.name, title=contestant.title, does=contestant.does)


def _write_readable(results: Results, path: Path) -> None:
    path.with_suffix(".md").write_text(markdown(results))
    path.with_suffix(".svg").write_text(svg(results))


if __name__ == "__main__":
    sys.exit(main())
