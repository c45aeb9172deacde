"""Writes PromQL about one service's series; a metric, label, word or bucket that is not there cannot be asked for."""

from dataclasses import dataclass

from telemetry.catalogue import Metric

_EVERYWHERE = ("instance",)
"""Labels Prometheus adds to every series it scrapes, besides the job."""


@dataclass(frozen=True, slots=True)
class Not:
    """Matches every value but these."""

    values: tuple[str, ...]


Wanted = str | tuple[str, ...] | Not
"""A label's value, one of several, or none of several."""


def total(expr: str, *by: str) -> str:
    """The sum over all processes, apart by these labels."""
    return f"sum by ({', '.join(('job', *by))}) ({expr})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """Selects the series of one job."""

    job: str

    def of(self, metric: Metric, **wanted: Wanted) -> str:
        """A counter's or gauge's series whose labels are as wanted."""
        if metric.kind == "histogram":
            raise ValueError(f"{metric.name} is a histogram: ask for its buckets, its count or its sum")
        return self._select(metric, wanted)

    def rate(self, metric: Metric, window: str, **wanted: Wanted) -> str:
        """A counter's increase a second, over a window such as `5m`."""
        return f"rate({self.of(metric, **wanted)}[{window}])"

    def increase(self, metric: Metric, window: str, **wanted: Wanted) -> str:
        """A counter's increase within a window."""
        return f"increase({self.of(metric, **wanted)}[{window}])"

    def count(self, metric: Metric, **wanted: Wanted) -> str:
        """How many observations a histogram has had."""
        return self._select(_histogram(metric), wanted, part="_count")

    def sum(self, metric: Metric, **wanted: Wanted) -> str:
        """What a histogram's observations add up to."""
        return self._select(_histogram(metric), wanted, part="_sum")

    def bucket(self, metric: Metric, at_most: float, **wanted: Wanted) -> str:
        """How many of a histogram's observations were at most one of its bounds."""
        if at_most not in _histogram(metric).buckets:
            raise ValueError(f"{metric.name} has no bucket {at_most}; it has {', '.join(map(str, metric.buckets))}")
        return self._select(metric, {"le": str(float(at_most)), **wanted}, part="_bucket")

    def _select(self, metric: Metric, wanted: dict[str, Wanted], *, part: str = "") -> str:
        unknown = wanted.keys() - {*metric.labels, *_EVERYWHERE, "le"}
        if unknown:
            raise ValueError(f"{metric.name} has no label {', '.join(sorted(unknown))}")
        for label, words in metric.words.items():
            unheard = set(_values(wanted[label])) - set(words) if label in wanted else ()
            if unheard:
                raise ValueError(f"{metric.name} never has {', '.join(sorted(unheard))} as its {label}")
        matchers = [f'job="{self.job}"', *(_matcher(label, values) for label, values in wanted.items())]
        return f"{metric.name}{part}{{{','.join(matchers)}}}"


def _histogram(metric: Metric) -> Metric:
    if metric.kind != "histogram":
        raise ValueError(f"{metric.name} is no histogram")
    return metric


def _values(wanted: Wanted) -> tuple[str, ...]:
    match wanted:
        case str():
            return (wanted,)
        case Not(values):
            return values
        case values:
            return values


def _matcher(label: str, wanted: Wanted) -> str:
    match wanted:
        case str():
            return f'{label}="{wanted}"'
        case Not(values):
            return f'{label}!~"{"|".join(values)}"'
        case values:
            return f'{label}=~"{"|".join(values)}"'
