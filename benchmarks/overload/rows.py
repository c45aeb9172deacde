"""What was measured, as values and as a JSON file, and the figures that are read from them."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import orjson

from benchmarks.machine import Machine

PATH = Path(__file__).with_name("measured.json")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One stretch of load on one server.

    `case` is what was asked, `load` a word for how much of it; `asked`, `unmade`, `good`, `refused` and `late` are
    requests a second. Those unmade are part of those asked: all connections a generator may have were taken. `capacity`
    is what the server answered just before and just after, when asked for as much as it could answer. The two costs are
    the process's CPU time for each good answer, under this load and at capacity.
    """

    server: str
    case: str
    load: str
    seconds: float
    capacity: float
    asked: float
    unmade: float
    good: float
    refused: float
    late: float
    p50_milliseconds: float
    p99_milliseconds: float
    cost_milliseconds: float
    capacity_cost_milliseconds: float
    resident_megabytes: float
    """The most the process has ever had."""

    @property
    def share(self) -> float:
        """Good answers as a share of the capacity."""
        return self.good / self.capacity

    @property
    def multiple(self) -> float:
        """How many times the capacity was really asked for."""
        return (self.asked - self.unmade) / self.capacity

    @property
    def cpu_share(self) -> float:
        """The share of its CPU time that went into good answers; other work on its core does not change it."""
        return self.capacity_cost_milliseconds / self.cost_milliseconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """All rows and what they were measured on."""

    machine: Machine
    rows: Sequence[Row]

    def of(self, server: str, case: str) -> dict[str, Row]:
        """A server's rows of one case by their load."""
        return {row.load: row for row in self.rows if (row.server, row.case) == (server, case)}


def write(found: Found, path: Path = PATH) -> None:
    """Write the file; a server and case measured now take the place of their former rows."""
    measured = {(row.server, row.case) for row in found.rows}
    kept = [row for row in read(path).rows if (row.server, row.case) not in measured] if path.exists() else []
    whole = Found(machine=found.machine, rows=[*kept, *found.rows])
    path.write_bytes(orjson.dumps(asdict(whole), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))


def read(path: Path = PATH) -> Found:
    """What the file tells."""
    told: dict[str, Any] = orjson.loads(path.read_bytes())
    return Found(machine=Machine(**told["machine"]), rows=[Row(**row) for row in told["rows"]])
