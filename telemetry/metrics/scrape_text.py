"""All metrics as text, in slices short enough that the event loop can turn in between."""

from collections.abc import Iterator, Sequence
from typing import TypeAlias

from telemetry.catalogue import Metric
from telemetry.metrics.families import Families, Family
from telemetry.metrics.sample_text import (
    END,
    HEADER_LINES,
    Block,
    HistogramBlock,
    NumberBlock,
    header,
    number_text,
    sample_name,
)
from telemetry.metrics.series import Counter, Gauge, Histogram
from telemetry.readings import Look, Reading

LINES_A_SLICE = 1_000
"""They take a quarter of a millisecond: short beside a request, and long beside what a turn of the loop costs."""

AnyFamily: TypeAlias = Family[Counter] | Family[Gauge] | Family[Histogram]


class Rendering:
    """Renders families and what the looks see; keeps the text of names and labels from one time to the next."""

    def __init__(self, families: Families, looks: Sequence[Look]) -> None:
        self._families = families
        self._looks = looks
        self._blocks: dict[str, list[Block]] = {}

    def slices(self, *, openmetrics: bool) -> Iterator[bytes]:
        """Everything, a slice at a time; what is counted meanwhile may be in it or not, a histogram in one piece."""
        parts: list[str] = []
        lines = 0
        for text, count in self._texts(openmetrics=openmetrics):
            parts.append(text)
            lines += count
            if lines >= LINES_A_SLICE:
                yield "".join(parts).encode()
                parts, lines = [], 0
        if openmetrics:
            parts.append(END)
        yield "".join(parts).encode()

    def _texts(self, *, openmetrics: bool) -> Iterator[tuple[str, int]]:
        """Pieces of text and how many lines each has, metric by metric."""
        readings = _by_metric(self._looks)
        for family in self._families.all.values():
            yield header(family.metric, openmetrics=openmetrics), HEADER_LINES
            for block in self._blocks_of(family):
                yield block.text(openmetrics=openmetrics), block.lines
        for seen in readings.values():
            yield header(seen[0].metric, openmetrics=openmetrics), HEADER_LINES
            for reading in seen:
                yield sample_name(reading.metric, reading.labels) + number_text(reading.value) + "\n", 1

    def _blocks_of(self, family: AnyFamily) -> list[Block]:
        """One for each series; those of new ones are made now."""
        blocks = self._blocks.setdefault(family.metric.name, [])
        for labels, series in family.shown[len(blocks) :]:
            blocks.append(_block(family.metric, labels, series=series))
        return blocks


def _block(metric: Metric, labels: tuple[str, ...], *, series: Counter | Gauge | Histogram) -> Block:
    if isinstance(series, Histogram):
        return HistogramBlock(metric, labels, series=series)
    return NumberBlock(metric, labels, series=series)


def _by_metric(looks: Sequence[Look]) -> dict[str, list[Reading]]:
    """What all looks see now; several may look at one metric."""
    seen: dict[str, list[Reading]] = {}
    for look in looks:
        for reading in _tried(look):
            seen.setdefault(reading.metric.name, []).append(reading)
    return seen


def _tried(look: Look) -> Sequence[Reading]:
    try:
        return tuple(look())
    except Exception:  # noqa: BLE001 - one look that fails must not hide what the others see
        return ()
