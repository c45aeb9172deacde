"""Many measurements made a few figures: medians, extremes, ratios within a round."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from statistics import median

_MICROSECONDS = 1_000_000
_PERCENT = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """One contestant at one case in one round; `cpu_seconds` are the server process's own."""

    contestant: str
    case: str
    round: int
    requests: int
    seconds: float
    cpu_seconds: float
    p50_milliseconds: float
    p99_milliseconds: float

    @property
    def cpu_microseconds(self) -> float:
        """What a request cost."""
        return self.cpu_seconds * _MICROSECONDS / self.requests

    @property
    def requests_per_second(self) -> float:
        """How many were answered."""
        return self.requests / self.seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Upkeep:
    """What a contestant takes whatever is asked of it: until its first answer, and of memory at most."""

    start_seconds: float
    resident_megabytes: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """The medians over all rounds, how far the CPU time went both ways, and its ratio to the reference's."""

    contestant: str
    case: str
    cpu_microseconds: float
    cpu_microseconds_least: float
    cpu_microseconds_most: float
    ratio: float
    requests_per_second: float
    p50_milliseconds: float
    p99_milliseconds: float


def figures(measurements: Sequence[Measurement], *, contestant: str, case: str, reference: str) -> Figures:
    """Sum up one contestant's rounds at one case.

    The ratio is the median of each round's own: what disturbs a round disturbs both sides of it.
    """
    own = _of(measurements, contestant, case=case)
    others = {one.round: one.cpu_microseconds for one in _of(measurements, reference, case=case)}
    costs = [one.cpu_microseconds for one in own]
    return Figures(
        contestant=contestant,
        case=case,
        cpu_microseconds=median(costs),
        cpu_microseconds_least=min(costs),
        cpu_microseconds_most=max(costs),
        ratio=median(one.cpu_microseconds / others[one.round] for one in own),
        requests_per_second=median(one.requests_per_second for one in own),
        p50_milliseconds=median(one.p50_milliseconds for one in own),
        p99_milliseconds=median(one.p99_milliseconds for one in own),
    )


def percentile(values: Sequence[float], percent: float) -> float:
    """The smallest value that at least `percent` of all do not exceed (nearest rank)."""
    ordered = sorted(values)
    return ordered[max(0, ceil(len(ordered) * percent / _PERCENT) - 1)]


def _of(measurements: Sequence[Measurement], contestant: str, *, case: str) -> list[Measurement]:
    return [one for one in measurements if one.contestant == contestant and one.case == case]
