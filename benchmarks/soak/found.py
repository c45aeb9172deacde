"""What was seen, as values and as a JSON file, and how fast memory grew."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import linear_regression
from typing import Any

import orjson

from benchmarks.machine import Machine
from benchmarks.results import FOLDER

PATH = FOLDER / "soak.json"
_HOUR_SECONDS = 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """The process's memory at one moment after the load began, and its CPU time by then."""

    seconds: float
    resident_megabytes: float
    cpu_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A whole run: what was asked, how often by its kind, what was not answered as it should be, and the samples."""

    machine: Machine
    asked: Mapping[str, int]
    unexpected: Mapping[str, int]
    samples: Sequence[Sample]

    @property
    def minutes(self) -> float:
        """How long it lasted."""
        return self.samples[-1].seconds / 60

    @property
    def per_second(self) -> float:
        """Requests of all kinds."""
        return sum(self.asked.values()) / self.samples[-1].seconds

    @property
    def second_half(self) -> Sequence[Sample]:
        """The samples after half of the time, when all that is to be filled has been."""
        return [one for one in self.samples if one.seconds >= self.samples[-1].seconds / 2]

    @property
    def megabytes_an_hour(self) -> float:
        """The slope of the line through the second half, by least squares."""
        half = self.second_half
        return linear_regression([one.seconds for one in half], [one.resident_megabytes for one in half]).slope * (
            _HOUR_SECONDS
        )


def write(found: Found, path: Path = PATH) -> None:
    """Keep it."""
    path.write_bytes(orjson.dumps(asdict(found), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))


def read(path: Path = PATH) -> Found:
    """What the file tells."""
    told: dict[str, Any] = orjson.loads(path.read_bytes())
    return Found(
        machine=Machine(**told["machine"]),
        asked=told["asked"],
        unexpected=told["unexpected"],
        samples=[Sample(**one) for one in told["samples"]],
    )
