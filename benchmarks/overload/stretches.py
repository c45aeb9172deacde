"""What each server goes through: its capacity, then a load, again and again."""

import asyncio
import json
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import asdict, dataclass
from functools import partial

from benchmarks.cases import product_key
from benchmarks.load import LoadFailed
from benchmarks.overload.callers import Counted, Stream
from benchmarks.overload.rows import Row
from benchmarks.ports import HOST
from benchmarks.server_process import ServerProcess

MULTIPLES = (0.1, 0.5, 1.0, 2.0, 5.0, 10.0)
"""How much is asked for, in capacities; the first is called idle."""
OVERLOADS = tuple(multiple for multiple in MULTIPLES if multiple >= 1)
WORK, READ = "/work", f"/products/{product_key(0)}"
OFFERED_SHARE = 0.7
"""A load of which the generator could offer less is the last of its kind."""
INSTANT_RETRIES = "400 retry at once"
CRITICAL, SHEDDABLE = "critical", "12 times sheddable"
_LONGEST_SECONDS = 20
"""How long the last of them lasts, long enough for what builds up to show."""
_SOME, _MANY, _MOST = 16, 400, 8_000
_CAPACITY_SECONDS = 2.0
_RECOVERIES = 20
_CRITICAL_SHARE, _SHEDDABLE_MULTIPLE = 0.1, 12
_GRACE_SECONDS = 20
_MILLISECONDS = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class _Capacity:
    """What a server answers that is asked for as much as it can, and the CPU time of an answer."""

    per_second: float
    cost_seconds: float


async def read_stretches(server: ServerProcess, *, seconds: float) -> AsyncIterator[Row]:
    """A row for each load of reads, up to what the generator can offer: a read is cheap, and an offer is not."""
    ground = _Ground(server, case="read")
    await ground.capacity()  # warms it up
    for multiple in OVERLOADS:
        (row,) = await ground.rows(partial(_paced, multiple, READ), seconds=seconds)
        yield row
        if row.multiple < multiple * OFFERED_SHARE:
            return


async def work_stretches(server: ServerProcess, *, seconds: float, has_priorities: bool) -> AsyncIterator[Row]:
    """A row for each load of work."""
    ground = _Ground(server, case="work")
    await ground.capacity()  # warms it up
    for multiple in MULTIPLES:
        lasts_seconds = max(seconds, _LONGEST_SECONDS) if multiple == MULTIPLES[-1] else seconds
        for row in await ground.rows(partial(_paced, multiple, WORK), seconds=lasts_seconds):
            yield row
    for row in await ground.rows(_retrying, seconds=seconds):
        yield row
    if has_priorities:
        for row in await ground.rows(_mixed, seconds=seconds):
            yield row


def named(multiple: float) -> str:
    """The load of so many capacities."""
    return f"{multiple:g} times"


def _paced(multiple: float, path: str, capacity: float) -> list[Stream]:
    return [Stream(name=named(multiple), path=path, connections=_MOST, rate=multiple * capacity)]


def _retrying(_capacity: float) -> list[Stream]:
    return [Stream(name=INSTANT_RETRIES, path=WORK, connections=_MANY)]


def _mixed(capacity: float) -> list[Stream]:
    """Who asks for what is critical keeps connections open, as such callers should; the flood comes after a second."""
    rates = capacity * _CRITICAL_SHARE, capacity * _SHEDDABLE_MULTIPLE
    return [
        Stream(name=CRITICAL, path="/vital", connections=_MOST, rate=rates[0], kept_open=_SOME),
        Stream(name=SHEDDABLE, path="/spare", connections=_MOST, rate=rates[1], after_seconds=1.0),
    ]


class _Ground:
    """One server under load."""

    def __init__(self, server: ServerProcess, *, case: str) -> None:
        self._server = server
        self._case = case

    async def capacity(self) -> _Capacity:
        """Ask for as much as it can answer; after an overload, once it is done with those who have left."""
        stream = Stream(name="", path=READ if self._case == "read" else WORK, connections=_SOME)
        for _ in range(_RECOVERIES):
            counted, cpu_seconds = await self._counted([stream], seconds=_CAPACITY_SECONDS)
            if good := counted[""].good:
                return _Capacity(per_second=good / _CAPACITY_SECONDS, cost_seconds=cpu_seconds / good)
        raise LoadFailed(f"{self._server.contestant.name} answers nobody, long after it was overloaded")

    async def rows(self, streams_at: Callable[[float], Sequence[Stream]], *, seconds: float) -> list[Row]:
        """What came of a load; the capacity is measured before and after it, as other work comes and goes."""
        before = await self.capacity()
        streams = streams_at(before.per_second)
        counted, cpu_seconds = await self._counted(streams, seconds=seconds)
        after = await self.capacity()
        cost_seconds = cpu_seconds / max(1, sum(one.good for one in counted.values()))
        return [
            Row(
                server=self._server.contestant.name,
                case=self._case,
                load=stream.name,
                seconds=seconds,
                capacity=(before.per_second + after.per_second) / 2,
                asked=(one.asked + one.unmade) / (seconds - stream.after_seconds),
                unmade=one.unmade / (seconds - stream.after_seconds),
                good=one.good / (seconds - stream.after_seconds),
                refused=one.refused / (seconds - stream.after_seconds),
                late=one.late / (seconds - stream.after_seconds),
                p50_milliseconds=one.p50_milliseconds,
                p99_milliseconds=one.p99_milliseconds,
                cost_milliseconds=cost_seconds * _MILLISECONDS,
                capacity_cost_milliseconds=(before.cost_seconds + after.cost_seconds) / 2 * _MILLISECONDS,
                resident_megabytes=self._server.resident_megabytes(),
            )
            for stream, one in ((stream, counted[stream.name]) for stream in streams)
        ]

    async def _counted(self, streams: Sequence[Stream], *, seconds: float) -> tuple[dict[str, Counted], float]:
        """What became of the requests, and the CPU seconds the server took meanwhile."""
        told = json.dumps([asdict(stream) for stream in streams])
        command = (sys.executable, "-m", "benchmarks.overload.callers", f"{HOST}:{self._server.port}", str(seconds))
        before_seconds = self._server.cpu_seconds()
        process = await asyncio.create_subprocess_exec(*command, told, stdout=PIPE, stderr=PIPE)
        async with asyncio.timeout(seconds + _GRACE_SECONDS):
            output, errors = await process.communicate()
        if process.returncode != 0:
            raise LoadFailed(errors.decode())
        cpu_seconds = self._server.cpu_seconds() - before_seconds
        return {name: Counted(**one) for name, one in json.loads(output).items()}, cpu_seconds
