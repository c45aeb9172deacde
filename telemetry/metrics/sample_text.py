"""Metrics as text, in Prometheus' format 0.0.4 and in OpenMetrics 1.0.0: escaping, numbers, one block a series.

What does not change of a series, its name and labels, is made into text once.
https://prometheus.io/docs/instrumenting/exposition_formats/ and
https://github.com/prometheus/OpenMetrics/blob/v1.0.0/specification/OpenMetrics.md
"""

import math
from itertools import accumulate
from typing import Protocol

from telemetry.catalogue import Metric
from telemetry.metrics.series import Counter, Example, Gauge, Histogram

_LONG = 1e6
"""From here on Go writes a number with an exponent, and so do the client libraries."""
_EXPONENT_OF_ITS_OWN = 1e16
"""From here on Python does, too."""
END = "# EOF\n"
"""How OpenMetrics ends."""

HEADER_LINES = 2


def number_text(value: float) -> str:
    """A sample's value as Go would write it: `3.0`, `1.5e+06`, `+Inf`."""
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    if math.isnan(value):
        return "NaN"
    digits = repr(float(value))
    if not _LONG <= value < _EXPONENT_OF_ITS_OWN:
        return digits
    whole, _, rest = digits.partition(".")
    mantissa = f"{whole[0]}.{whole[1:]}{rest}".rstrip("0.")
    return f"{mantissa}e+{len(whole) - 1:02d}"


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace("\n", r"\n").replace('"', r"\"")


def header(metric: Metric, *, openmetrics: bool) -> str:
    """The lines before a metric's samples; in OpenMetrics a counter goes by its name without `_total`."""
    if openmetrics:
        name = metric.name.removesuffix("_total") if metric.kind == "counter" else metric.name
        return f"# HELP {name} {_escaped(metric.help)}\n# TYPE {name} {metric.kind}\n"
    help_text = metric.help.replace("\\", r"\\").replace("\n", r"\n")
    return f"# HELP {metric.name} {help_text}\n# TYPE {metric.name} {metric.kind}\n"


def sample_name(metric: Metric, labels: tuple[str, ...], *, suffix: str = "", le: str = "") -> str:
    """A sample's name and labels, the labels in their alphabetical order, and the space after them."""
    pairs = [*zip(metric.labels, labels, strict=True), *([("le", le)] if le else [])]
    inside = ",".join(f'{name}="{_escaped(value)}"' for name, value in sorted(pairs))
    return f"{metric.name}{suffix}{{{inside}}} " if inside else f"{metric.name}{suffix} "


class Block(Protocol):
    """The text of one series, as it is now."""

    lines: int

    def text(self, *, openmetrics: bool) -> str:
        """All its lines; those of a histogram belong to one moment."""
        ...


class NumberBlock:
    """The one line of a counter or a gauge."""

    __slots__ = ("_name", "_series", "lines")

    def __init__(self, metric: Metric, labels: tuple[str, ...], *, series: Counter | Gauge) -> None:
        self._name = sample_name(metric, labels)
        self._series = series
        self.lines = 1

    def text(self, *, openmetrics: bool) -> str:  # noqa: ARG002 - a number looks the same in both
        """Its line."""
        return f"{self._name}{number_text(self._series.value)}\n"


class HistogramBlock:
    """The lines of a histogram: its buckets, how many observations there were, and their sum."""

    __slots__ = ("_buckets", "_count", "_series", "_sum", "lines")

    def __init__(self, metric: Metric, labels: tuple[str, ...], *, series: Histogram) -> None:
        bounds = (*metric.buckets, math.inf)
        self._buckets = [sample_name(metric, labels, suffix="_bucket", le=number_text(bound)) for bound in bounds]
        self._count = sample_name(metric, labels, suffix="_count")
        self._sum = sample_name(metric, labels, suffix="_sum")
        self._series = series
        self.lines = len(bounds) + 2

    def text(self, *, openmetrics: bool) -> str:
        """Its lines, with the examples of its buckets where the format has room for them."""
        series = self._series
        counts = list(accumulate(series.counts))
        number = number_text if counts[-1] >= _LONG else _short
        values = map(number, counts)
        if openmetrics and series.examples is not None:
            parts = [
                f"{name}{value}{_example_text(example)}\n"
                for name, value, example in zip(self._buckets, values, series.examples, strict=True)
            ]
        else:
            parts = [f"{name}{value}\n" for name, value in zip(self._buckets, values, strict=True)]
        parts.append(f"{self._count}{number(counts[-1])}\n{self._sum}{number_text(series.total)}\n")
        return "".join(parts)


def _short(count: int) -> str:
    return f"{count}.0"


def _example_text(example: Example | None) -> str:
    if example is None:
        return ""
    value = number_text(example.value)
    return f' # {{trace_id="{_escaped(example.trace_id)}"}} {value} {example.at_seconds}'
