"""The series of each metric by their label values: kept, bounded in number, there from the start where known."""

from collections.abc import Callable, Mapping, Sequence
from itertools import product
from typing import Generic, TypeVar

from telemetry.catalogue import Metric
from telemetry.catalogue.process_rows import LABEL_OVERFLOW
from telemetry.events import OTHER
from telemetry.metrics.series import Counter, Gauge, Histogram

MAX_LABEL_SETS = 2_000
"""Label sets a metric may have. Fifty resources of six actions and six statuses have 1,800; more is a mistake."""

Labels = tuple[str, ...]
SeriesT = TypeVar("SeriesT", Counter, Gauge, Histogram)


class Family(dict[tuple[str | int, ...], SeriesT], Generic[SeriesT]):
    """A metric's series, by its label values in their order: made at first use, then one dict lookup.

    Past the limit all others share the one whose labels are OTHER.
    """

    def __init__(self, metric: Metric, make: Callable[[], SeriesT], *, limit: int, overflow: Counter) -> None:
        super().__init__()
        self.metric = metric
        self.shown: list[tuple[Labels, SeriesT]] = []
        """Every series once, the oldest first; it only grows."""
        self._by_text: dict[Labels, SeriesT] = {}
        self._make: Callable[[], SeriesT] = make
        self._limit = limit
        self._overflow = overflow

    def have(self, *values: str | int) -> None:
        """Have the series of a closed set of label values from the start; the limit refuses none of them."""
        self[values] = self._series(tuple(map(str, values)))

    def __missing__(self, values: tuple[str | int, ...]) -> SeriesT:
        texts = tuple(map(str, values))
        if len(self.shown) >= self._limit and texts not in self._by_text:
            self._overflow.inc()
            return self._series((OTHER,) * len(self.metric.labels))
        series = self[values] = self._series(texts)
        return series

    def _series(self, texts: Labels) -> SeriesT:
        if texts not in self._by_text:
            self._by_text[texts] = self._make()
            self.shown.append((texts, self._by_text[texts]))
        return self._by_text[texts]


class Families:
    """Makes a family for each metric and has its series from the start, as far as its labels are closed or `known`.

    `known` are the values of labels that the declaration tells, by the label's name.
    """

    def __init__(self, known: Mapping[str, Sequence[str]], *, max_label_sets: int = MAX_LABEL_SETS) -> None:
        self._known = known
        self._limit = max_label_sets
        self.all: dict[str, Family[Counter] | Family[Gauge] | Family[Histogram]] = {}
        self._overflow = Counter()
        self._overflow = self.counter(LABEL_OVERFLOW)

    def counters(self, metric: Metric) -> Family[Counter]:
        """The counters of a metric with labels."""
        family = Family(metric, Counter, limit=self._limit, overflow=self._overflow)
        return self._begun(family)

    def counter(self, metric: Metric) -> Counter:
        """The counter of a metric without labels."""
        return self.counters(metric)[()]

    def gauges(self, metric: Metric) -> Family[Gauge]:
        """The gauges of a metric with labels."""
        return self._begun(Family(metric, Gauge, limit=self._limit, overflow=self._overflow))

    def gauge(self, metric: Metric) -> Gauge:
        """The gauge of a metric without labels."""
        return self.gauges(metric)[()]

    def histograms(self, metric: Metric) -> Family[Histogram]:
        """The histograms of a metric with labels."""

        def make() -> Histogram:
            return Histogram(metric.buckets)

        return self._begun(Family(metric, make, limit=self._limit, overflow=self._overflow))

    def histogram(self, metric: Metric) -> Histogram:
        """The histogram of a metric without labels."""
        return self.histograms(metric)[()]

    def _begun(self, family: Family[SeriesT]) -> Family[SeriesT]:
        metric = family.metric
        if metric.name in self.all:
            raise ValueError(f"Two readers fill {metric.name}.")
        self.all[metric.name] = family
        values = [metric.words.get(label) or self._known.get(label) for label in metric.labels]
        closed = [known for known in values if known is not None]
        if len(closed) == len(values):
            for labels in product(*closed):
                family.have(*labels)
        return family
