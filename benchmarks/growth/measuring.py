"""Measures an axis: a server for each thing served, all points in turn, round after round."""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks.contestant import Contestant, Launch, Place
from benchmarks.contestants import mainstay
from benchmarks.cores import Cores
from benchmarks.growth.asking import Asked, ask, write_tokens
from benchmarks.growth.axes import Axis, Point
from benchmarks.growth.declared import fill, service_file
from benchmarks.growth.found import Cost
from benchmarks.growth.rotating import rotate
from benchmarks.load import LoadFailed
from benchmarks.products import migrate, run_statements
from benchmarks.server_process import ServerProcess, running
from storage.embedded import Endpoints

_MICROSECONDS = 1_000_000
_WARM_SECONDS = 1
_STARTS = 3
_TRIES = 5
_PACED_SECONDS = 3
"""Who does not ask as often as possible is measured for longer: the kernel counts CPU time in hundredths."""
_STEP = 7_000
"""Requests begin so much further on each time: nobody comes again who came a moment ago."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What it is measured on, and how long."""

    endpoints: Endpoints
    cores: Cores
    folder: Path
    rounds: int
    seconds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Served:
    """What a server is started with, again if need be."""

    contestant: Contestant
    endpoints: Endpoints
    log: Path


async def measured(axis: Axis, ground: Ground) -> Sequence[Cost]:
    """Its costs."""
    made: list[_Served] = []
    for place, point in enumerate(axis.points[:1] if axis.shares_server else axis.points):
        made.append(await _made(f"{axis.name}_{place}", point, ground=ground))
    starts = await _starts(axis, made, ground=ground) if axis.measures_start else []
    async with AsyncExitStack() as held:
        core = ground.cores.server
        servers = [
            await held.enter_async_context(running(one.contestant, one.endpoints, core=core, log=one.log))
            for one in made
        ]
        if axis.shares_server:
            servers *= len(axis.points)
        return [*await _rounds(axis, servers, ground=ground), *starts]


async def _made(name: str, point: Point, *, ground: Ground) -> _Served:
    """A database with the point's tables and rows."""
    administration = ground.endpoints.postgres_dsn
    dsn = f"{administration.rpartition('/')[0]}/{name}"
    await asyncio.to_thread(run_statements, administration, f"CREATE DATABASE {name}")
    file = ground.folder / f"{name}.py"
    file.write_text(service_file(point))
    await migrate(dsn, file)
    await asyncio.to_thread(run_statements, dsn, fill(point), "VACUUM ANALYZE record0")

    def launch(place: Place) -> Launch:
        usual = mainstay.CONTESTANT.launch(place)
        return replace(usual, arguments=(*usual.arguments[:-1], str(file)))

    return _Served(
        contestant=replace(mainstay.CONTESTANT, launch=launch),
        endpoints=replace(ground.endpoints, postgres_dsn=dsn),
        log=ground.folder / f"{name}.log",
    )


async def _starts(axis: Axis, made: Sequence[_Served], *, ground: Ground) -> Sequence[Cost]:
    """How long each takes to its first answer, and its memory then."""
    seconds: dict[int, list[float]] = defaultdict(list)
    megabytes: dict[int, list[float]] = defaultdict(list)
    for _ in range(_STARTS):
        for point, one in zip(axis.points, made, strict=True):
            async with running(one.contestant, one.endpoints, core=ground.cores.server, log=one.log) as server:
                seconds[point.value].append(round(server.start_seconds, 2))
                megabytes[point.value].append(round(server.resident_now_megabytes(), 1))
    return [
        Cost(axis=axis.name, value=value, case=case, unit=unit, rounds=rounds)
        for case, unit, by_value in (("start", "s", seconds), ("memory", "MB", megabytes))
        for value, rounds in by_value.items()
    ]


async def _rounds(axis: Axis, servers: Sequence[ServerProcess], *, ground: Ground) -> Sequence[Cost]:
    rounds: dict[tuple[str, int], list[float]] = defaultdict(list)
    tokens = [
        write_tokens(point.tokens, ground.folder / f"{axis.name}-{place}.tokens")
        for place, point in enumerate(axis.points)
    ]
    for number in range(ground.rounds + 1):
        for point, server, file in zip(axis.points, servers, tokens, strict=True):
            for case, path in point.cases.items():
                asked = Asked(
                    url=server.url, path=path, point=point, seconds=ground.seconds, begin=number * _STEP, tokens=file
                )
                if number == 0:
                    await _cost(server, replace(asked, seconds=_WARM_SECONDS))
                    continue
                cost = await _cost(server, replace(asked, seconds=_PACED_SECONDS) if point.rate else asked)
                rounds[case, point.value].append(cost)
                print(f"{axis.name:12} {point.value:9,} {case:9} {cost:7.1f} µs", flush=True)
    cases = axis.points[0].cases
    return [
        Cost(axis=axis.name, value=point.value, case=case, unit="µs", rounds=rounds[case, point.value])
        for case in cases
        for point in axis.points
    ]


async def _cost(server: ServerProcess, asked: Asked) -> float:
    """CPU µs a request; where other work on the machine made the server refuse some, it is measured again."""
    for left in reversed(range(_TRIES)):
        try:
            return await _cost_once(server, asked)
        except LoadFailed as failed:
            if not left:
                raise
            print(f"again, as {failed}", flush=True)
    raise AssertionError("it has returned or raised")


async def _cost_once(server: ServerProcess, asked: Asked) -> float:
    before_seconds = server.cpu_seconds()

    def begin() -> None:
        nonlocal before_seconds
        before_seconds = server.cpu_seconds()

    requests = await (rotate(asked, opened=begin) if asked.point.rate else ask(asked))
    return round((server.cpu_seconds() - before_seconds) / requests * _MICROSECONDS, 1)
