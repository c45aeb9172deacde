"""The measuring itself: every case, every contestant, in a new order each round, all in one run."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from random import Random

from benchmarks.cases import Case
from benchmarks.contestant import Contestant
from benchmarks.cores import Cores
from benchmarks.load import Load, Loaded, LoadFailed, run_load
from benchmarks.products import make_products, remove_created
from benchmarks.same_answers import require_same_answers
from benchmarks.server_process import ServerProcess, running
from benchmarks.summary import Measurement, Upkeep
from storage.embedded import Endpoints

WARM_SECONDS = 1

Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is measured and how long; `chance` decides the orders."""

    contestants: Sequence[Contestant]
    cases: Sequence[Case]
    rounds: int
    seconds: int
    chance: Random


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What it is measured on."""

    endpoints: Endpoints
    cores: Cores
    folder: Path
    """Where the servers' standard error goes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What was found: a measurement a contestant, case and round, and what each process took in all, by name."""

    measurements: Sequence[Measurement]
    processes: Mapping[str, Upkeep]


async def measure(plan: Plan, ground: Ground, *, tell: Tell) -> Measured:
    """Start all contestants, see that they answer alike, warm each up, then go round."""
    await make_products(ground.endpoints.postgres_dsn)
    async with AsyncExitStack() as held:
        servers = [
            await held.enter_async_context(
                running(one, ground.endpoints, core=ground.cores.server, log=ground.folder / f"{one.name}.log")
            )
            for one in plan.contestants
        ]
        await require_same_answers(servers)
        tell("All contestants answer alike; warming up.")
        rounds = _Rounds(plan=plan, servers=servers, postgres_dsn=ground.endpoints.postgres_dsn, tell=tell)
        await rounds.warm_up()
        found = [one for number in range(1, plan.rounds + 1) for one in await rounds.run(number)]
        return Measured(measurements=found, processes={one.contestant.name: _upkeep(one) for one in servers})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rounds:
    """All contestants, running and alike."""

    plan: Plan
    servers: Sequence[ServerProcess]
    postgres_dsn: str
    tell: Tell

    async def warm_up(self) -> None:
        for place, server in enumerate(self.servers):
            for case in self.plan.cases:
                await _loaded(server, Load(url=server.url, case=case, seconds=WARM_SECONDS, word=f"WARM-{place}"))
        await remove_created(self.postgres_dsn)

    async def run(self, number: int) -> list[Measurement]:
        found: list[Measurement] = []
        for case in self.plan.cases:
            for place in self.plan.chance.sample(range(len(self.servers)), len(self.servers)):
                load = Load(
                    url=self.servers[place].url, case=case, seconds=self.plan.seconds, word=f"R{number}-{place}"
                )
                one = await self._one(self.servers[place], load, number=number)
                found.append(one)
                self.tell(f"round {number}/{self.plan.rounds}  {_line(one)}")
        return found

    async def _one(self, server: ServerProcess, load: Load, *, number: int) -> Measurement:
        if load.case.is_cached:  # a create since the last round has ended what Mainstay keeps
            await _loaded(server, load)
        before_seconds = server.cpu_seconds()
        done = await _loaded(server, load)
        cpu_seconds = server.cpu_seconds() - before_seconds
        if load.case.method != "GET":
            await remove_created(self.postgres_dsn)
        return Measurement(
            contestant=server.contestant.name,
            case=load.case.name,
            round=number,
            requests=done.requests,
            seconds=done.seconds,
            cpu_seconds=cpu_seconds,
            p50_milliseconds=done.p50_milliseconds,
            p99_milliseconds=done.p99_milliseconds,
        )


async def _loaded(server: ServerProcess, load: Load) -> Loaded:
    try:
        return await run_load(load)
    except LoadFailed as error:
        raise LoadFailed(f"{server.contestant.title}: {error}") from error


def _upkeep(server: ServerProcess) -> Upkeep:
    return Upkeep(start_seconds=server.start_seconds, resident_megabytes=server.resident_megabytes())


def _line(one: Measurement) -> str:
    busy = one.cpu_seconds / one.seconds
    return (
        f"{one.case:<7} {one.contestant:<22} {one.cpu_microseconds:6.1f} µs CPU  "
        f"{one.requests_per_second:8,.0f}/s  {busy:4.0%} of its core"
    )
