"""What was measured, as values and as a JSON file."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import orjson

from benchmarks.machine import Machine
from benchmarks.results import FOLDER

PATH = FOLDER / "growth.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What one point cost in each round: `unit` is µs of CPU a request, s until the first answer, or MB then."""

    axis: str
    value: int
    case: str
    unit: str
    rounds: Sequence[float]

    @property
    def least(self) -> float:
        """The figure: what disturbs a round only adds to it."""
        return min(self.rounds)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """All costs, in the axes' order, and what they were measured on."""

    machine: Machine
    costs: Sequence[Cost]

    def of(self, axis: str, unit: str) -> dict[str, list[Cost]]:
        """An axis's costs in one unit, by their case."""
        found: dict[str, list[Cost]] = {}
        for cost in self.costs:
            if (cost.axis, cost.unit) == (axis, unit):
                found.setdefault(cost.case, []).append(cost)
        return found


def write(found: Found, path: Path = PATH) -> None:
    """Keep it; an axis measured now takes the place of its former costs."""
    measured = {cost.axis for cost in found.costs}
    kept = [cost for cost in read(path).costs if cost.axis not in measured] if path.exists() else []
    whole = Found(machine=found.machine, costs=[*kept, *found.costs])
    path.write_bytes(orjson.dumps(asdict(whole), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))


def read(path: Path = PATH) -> Found:
    """What the file tells."""
    told: dict[str, Any] = orjson.loads(path.read_bytes())
    return Found(machine=Machine(**told["machine"]), costs=[Cost(**cost) for cost in told["costs"]])
