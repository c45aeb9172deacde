"""Which lines of healthy requests are written where there are more than are worth keeping.

Whether a request is kept follows from its trace id alone, as in OpenTelemetry's consistent probability sampling
(https://opentelemetry.io/docs/specs/otel/trace/tracestate-probability-sampling/): the last 56 bits of a trace id are
random, and a request is kept where they are not below a threshold. So all services and replicas keep the same traces,
and whoever keeps fewer keeps some of those that the others keep.
"""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from math import inf

_RANDOM_DIGITS = 14
"""Hexadecimal digits of a trace id that are random: 56 bits."""
_VALUES = 1 << 56

_PER_SECOND = re.compile(r"(\d{1,9}(?:\.\d+)?)/s")
_RATIO = re.compile(r"0|1|0?\.\d+|[01]\.0*\d*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """How much is kept: this part of all, and of that so many lines a second in full."""

    ratio: float = 1.0
    lines_a_second: float = inf


EVERYTHING = Sample()


def sample_of(text: str) -> Sample:
    """Read `200/s` or `0.1`; raises ValueError with a sentence for anything else."""
    per_second = _PER_SECOND.fullmatch(text)
    if per_second and float(per_second[1]) > 0:
        return Sample(lines_a_second=float(per_second[1]))
    if _RATIO.fullmatch(text) and float(text) <= 1:
        return Sample(ratio=float(text))
    raise ValueError(f"{text!r} says neither how many lines a second are kept (200/s) nor which part (0.1)")


class Meter:
    """Tells which part of the lines of one kind to keep just now.

    While a second brings no more lines than are kept in full, all are. In a second that follows or turns out a busier
    one, it is the part that comes to about as many. Each line is to be kept at the part told for it and to say so: then
    the sum of 1/ratio over the lines is how many there were.
    """

    __slots__ = ("_before", "_in_full", "_now", "_ratio", "_second", "_seen")

    def __init__(self, sample: Sample, *, now: Callable[[], float] = time.monotonic) -> None:
        self._ratio, self._in_full = sample.ratio, sample.lines_a_second
        self._now = now
        self._second = 0
        self._seen = 0
        self._before = 0

    def ratio(self) -> float:
        """Count a line, and tell the part of those like it to keep."""
        now = self._now()
        if not self._second <= now < self._second + 1:
            second = int(now)
            self._before = self._seen if second == self._second + 1 else 0
            self._second, self._seen = second, 0
        self._seen = seen = self._seen + 1
        expected = (max(self._before, seen)) * self._ratio
        return self._ratio if expected <= self._in_full else self._ratio * self._in_full / expected


def is_kept(trace_id: str, ratio: float) -> bool:
    """Whether the part `ratio` of all traces has this one in it; `trace_id` is one of W3C Trace Context."""
    return ratio >= 1 or int(trace_id[-_RANDOM_DIGITS:], 16) >= (1 - ratio) * _VALUES
