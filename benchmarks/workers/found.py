"""What was measured, as values and as a JSON file."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import orjson

from benchmarks.machine import Machine

MEASURED = Path(__file__).with_name("measured.json")


@dataclass(frozen=True, slots=True, kw_only=True)
class Shared:
    """One way to share a port: the spread of 48 connections, in each of some tries, and requests a second."""

    way: str
    workers: int
    at_once: Sequence[Sequence[int]]
    one_by_one: Sequence[Sequence[int]]
    kept_per_second: float
    """Over 48 connections that stay open."""
    kept_microseconds: float
    """CPU time of such a request."""
    opened_per_second: float
    """Each over a connection of its own."""
    opened_microseconds: float

    @property
    def fullest(self) -> float:
        """How many of 48 connections opened at once the fullest worker has, on average."""
        return sum(max(one) for one in self.at_once) / len(self.at_once)


@dataclass(frozen=True, slots=True, kw_only=True)
class Serving:
    """Mainstay with so many workers under one kind of request, over 48 connections."""

    case: str
    workers: int
    per_second: float
    refused_ratio: float
    """The part refused as too much: each worker judges by how late its own loop is."""
    p99_milliseconds: float
    worker_cores: float
    """Cores the workers used, all together."""
    worker_microseconds: float
    """Their CPU time of one request."""
    all_microseconds: float
    """The same of everything that takes part: supervisor, Postgres, Valkey and the callers too."""
    resident_megabytes: Sequence[float]
    """Of each worker."""
    own_megabytes: Sequence[float]
    """Of that, what no other process shares."""
    supervisor_megabytes: float

    def limit_on(self, cores: int) -> str:
        """What ends it there: each worker has one core at most, and all that takes part no more than there are."""
        by_workers, by_machine = self.workers / self.worker_microseconds, cores / self.all_microseconds
        return "the workers" if by_workers < by_machine else "all cores"


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Both, and on what machine."""

    machine: Machine
    sharing: Sequence[Shared] = ()
    serving: Sequence[Serving] = ()


def read(path: Path = MEASURED) -> Found:
    """What lies there."""
    document: dict[str, Any] = orjson.loads(path.read_bytes())
    return Found(
        machine=Machine(**document["machine"]),
        sharing=[Shared(**one) for one in document["sharing"]],
        serving=[Serving(**one) for one in document["serving"]],
    )


def write(found: Found, path: Path = MEASURED) -> None:
    """Keep it; what was not measured this time stays as it was."""
    if path.exists():
        before = read(path)
        found = replace(found, sharing=found.sharing or before.sharing, serving=found.serving or before.serving)
    path.write_bytes(orjson.dumps(asdict(found), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))
