"""What a run found, as a value and as a JSON file."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import orjson

from benchmarks.machine import Machine
from benchmarks.summary import Measurement, Upkeep

FOLDER = Path(__file__).with_name("results")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """Who took part."""

    name: str
    title: str
    does: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Results:
    """One run, whole: enough to make its table and picture again."""

    reference: str
    rounds: int
    seconds: int
    connections: int
    products: int
    machine: Machine
    contestants: Sequence[Entry]
    cases: Sequence[tuple[str, str]]
    """Name and title."""
    measurements: Sequence[Measurement]
    processes: Mapping[str, Upkeep]
    """By a contestant's name."""


def written(results: Results) -> bytes:
    """The file's text."""
    return orjson.dumps(asdict(results), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def read_results(text: bytes) -> Results:
    """The results in a file's text."""
    found: dict[str, Any] = orjson.loads(text)
    return Results(
        **{
            **found,
            "machine": Machine(**found["machine"]),
            "contestants": [Entry(**one) for one in found["contestants"]],
            "cases": [(name, title) for name, title in found["cases"]],
            "measurements": [Measurement(**one) for one in found["measurements"]],
            "processes": {name: Upkeep(**one) for name, one in found["processes"].items()},
        }
    )
