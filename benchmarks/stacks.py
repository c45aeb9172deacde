"""Sampled stacks made shares: by whose code was running, and by which of our functions it ran for."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

OURS = ("server", "storage", "middleware", "telemetry")
_PROJECT = f"{Path(__file__).parents[1]}/"
_INSTALLED = "/site-packages/"
_PYTHON = "Python's own library"
_GENERATED = "<"
"""How the file of code without one begins: `<string>` is what dataclasses write, `<frozen abc>` Python's own."""

_Key = TypeVar("_Key")


@dataclass(frozen=True, slots=True)
class Place:
    """A function: `package` is one of OURS, another folder of the project, a library or Python's own."""

    package: str
    module: str
    function: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Shares:
    """Shares of all samples, from 0 to 1, the largest first."""

    packages: Mapping[str, float]
    functions: Mapping[Place, float]
    """While it was itself running."""
    within: Mapping[Place, float]
    """While it or anything it had called was running; our own functions only, and not those that run all the time."""


def shares(lines: Iterable[str]) -> Shares:
    """Sum up what sampling.py wrote."""
    packages: Counter[str] = Counter()
    functions: Counter[Place] = Counter()
    within: Counter[Place] = Counter()
    for line in lines:
        stack, _, count = line.rstrip("\n").rpartition(" ")
        places = [place_of(frame) for frame in stack.split(";")]
        running = _running(places)
        packages[running.package] += int(count)
        functions[running] += int(count)
        within.update(dict.fromkeys({place for place in places if place.package in OURS}, int(count)))
    total = packages.total()
    for place in [place for place, count in within.items() if count == total]:
        del within[place]  # what started it all
    return Shares(packages=_shared(packages, total), functions=_shared(functions, total), within=_shared(within, total))


def place_of(frame: str) -> Place:
    """Read `/…/site-packages/aiohttp/web_app.py|Application._handle`."""
    file, _, function = frame.rpartition("|")
    if _INSTALLED in file:
        module = file.rpartition(_INSTALLED)[2]
        return Place(module.partition("/")[0], module, function)
    if file.startswith(_PROJECT):
        module = file.removeprefix(_PROJECT)
        return Place(module.partition("/")[0], module, function)
    return Place(_PYTHON, file.rpartition("/")[2], function)


def _running(places: Sequence[Place]) -> Place:
    """The innermost function; code that was generated counts for what calls it."""
    return next((place for place in reversed(places) if not place.module.startswith(_GENERATED)), places[-1])


def _shared(counted: Counter[_Key], total: int) -> Mapping[_Key, float]:
    return {key: count / total for key, count in counted.most_common()}
