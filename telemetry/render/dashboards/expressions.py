"""PromQL over the catalogue: what panels ask, each time for the jobs and instances that were chosen.

A label that a metric does not have is found here, not by an empty panel at night.
"""

from collections.abc import Iterable

from telemetry.catalogue import Metric

CHOSEN = 'job=~"$job",instance=~"$instance"'
"""What the variables of every dashboard choose."""

WINDOW = "$__rate_interval"
"""Grafana's own window: at least four scrapes, and no shorter than a pixel."""

RANGE = "$__range"
"""The time the dashboard shows."""


def series(name: str, where: str = "") -> str:
    """A selector of the chosen series of a name."""
    return f"{name}{{{CHOSEN}{',' if where else ''}{where}}}"


def rate(metric: Metric, *by: str, where: str = "", window: str = WINDOW) -> str:
    """How many a second, by these labels; a histogram's samples are counted."""
    name = f"{metric.name}_count" if metric.kind == "histogram" else metric.name
    return _grouped("sum", f"rate({series(name, where)}[{window}])", by=_known(metric, by))


def increase(metric: Metric, *by: str, where: str = "", window: str = RANGE) -> str:
    """How many in all of the time shown, by these labels."""
    name = f"{metric.name}_count" if metric.kind == "histogram" else metric.name
    return _grouped("sum", f"increase({series(name, where)}[{window}])", by=_known(metric, by))


def quantile(of: float, metric: Metric, *by: str, where: str = "", window: str = WINDOW) -> str:
    """What this share of a histogram's samples stayed below, by these labels."""
    counted = f"rate({series(metric.name + '_bucket', where)}[{window}])"
    return f"histogram_quantile({of}, {_grouped('sum', counted, by=('le', *_known(metric, by)))})"


def buckets(metric: Metric, where: str = "") -> str:
    """A histogram's samples a second, by bucket."""
    return _grouped("sum", f"rate({series(metric.name + '_bucket', where)}[{WINDOW}])", by=("le",))


def busy(metric: Metric, *by: str, where: str = "", window: str = WINDOW) -> str:
    """How much of a second a histogram's samples take together: 1 is one that never ends, or two half the time."""
    return _grouped("sum", f"rate({series(metric.name + '_sum', where)}[{window}])", by=_known(metric, by))


def gauge(metric: Metric, *by: str, how: str = "sum", where: str = "") -> str:
    """A gauge, taken together over what is chosen by these labels."""
    return _grouped(how, series(metric.name, where), by=_known(metric, by))


def share(part: str, whole: str) -> str:
    """One as a part of the other: 0 where there is no such part, nothing where there is no whole."""
    return f"({or_zero(part, whole)}) / ({whole} > 0)"


def or_zero(part: str, whole: str) -> str:
    """What there is of a whole, 0 where there is none of it yet."""
    return f"{part} or {whole} * 0"


def _known(metric: Metric, labels: Iterable[str]) -> tuple[str, ...]:
    unknown = [label for label in labels if label not in (*metric.labels, "job", "instance")]
    if unknown:
        raise ValueError(f"{metric.name} has no label {', '.join(unknown)}, but {', '.join(metric.labels) or 'none'}.")
    return tuple(labels)


def _grouped(how: str, inner: str, *, by: tuple[str, ...]) -> str:
    return f"{how} by ({', '.join(by)}) ({inner})" if by else f"{how}({inner})"
