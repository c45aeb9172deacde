"""What a run shows on the dashboards: every panel has data, and which faults are seen on which."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from tests.pictures.asking import Line, Prometheus, Span
from tests.pictures.grafana_json import Dashboard, Panel, read_dashboard
from tests.pictures.shown_values import shown
from tests.proof.bench import Outcome
from tests.source_tree import PROJECT

AFTER_SECONDS = 3.0
"""What a fault does is seen until so long after it: rates look back."""

VISIBLE = 0.5
"""A line has visibly changed where its peak is twice what it was in silence, or half of it."""


Moments = tuple[float, float]
"""From when to when, in seconds since 1970."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """How a line of a panel peaked in silence and during a fault, in the panel's unit."""

    panel: str
    fault: str
    before: float
    during: float
    unit: str

    @property
    def size(self) -> float:
        """From 0, none, to 1: one of the two is nothing beside the other."""
        largest = max(abs(self.before), abs(self.during))
        return abs(self.during - self.before) / largest if largest else 0.0

    @property
    def words(self) -> tuple[str, str]:
        """Both values as people read them."""
        return shown(self.before, self.unit), shown(self.during, self.unit)


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """A dashboard: the queries of it that found nothing, how many panels changed visibly, and the greatest change."""

    title: str
    empty: Sequence[str]
    panels: int
    changed: int
    greatest: Change | None

    @property
    def is_proven(self) -> bool:
        """Whether everything has data and something changed."""
        return not self.empty and self.changed > 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """A run to look back on; its faults by (job, fault)."""

    prometheus: Prometheus
    whole: Span
    silence: Moments
    faults: Mapping[tuple[str, str], Moments]

    async def boards(self) -> Sequence[Board]:
        """All dashboards of the shop."""
        files = sorted((PROJECT / "dashboards").glob("*.json"))
        return await asyncio.gather(*(asyncio.to_thread(self._board, read_dashboard(file)) for file in files))

    def _board(self, dashboard: Dashboard) -> Board:
        looked = [self._look(panel) for panel in dashboard.panels if panel.targets]
        changes = [change for _, change in looked if change is not None and change.size >= VISIBLE]
        return Board(
            title=dashboard.title,
            empty=[query for empty, _ in looked for query in empty],
            panels=len(looked),
            changed=len(changes),
            greatest=max(changes, key=lambda change: change.size, default=None),
        )

    def _look(self, panel: Panel) -> tuple[Sequence[str], Change | None]:
        """Its queries that found nothing in any job, and its greatest change."""
        found = {target.expr: list(self._lines(target.expr)) for target in panel.targets}
        empty = [f"{panel.title}: {expr}" for expr, lines in found.items() if not lines]
        unit = panel.field_config.defaults.unit
        changes = (
            Change(
                panel=panel.title,
                fault=fault,
                before=_peak(line, *self.silence),
                during=_peak(line, span[0], span[1] + AFTER_SECONDS),
                unit=unit,
            )
            for lines in found.values()
            for job, line in lines
            for (of, fault), span in self.faults.items()
            if of == job
        )
        return empty, max(changes, key=lambda change: change.size, default=None)

    def _lines(self, expr: str) -> Iterator[tuple[str, Line]]:
        for job in dict.fromkeys(job for job, _ in self.faults):
            there = replace(self.prometheus, choices={**self.prometheus.choices, "$job": job})
            yield from ((job, line) for line in there.lines(expr, self.whole))


def faults_of(outcomes: Sequence[Outcome], *, clock_began: float) -> Mapping[tuple[str, str], Moments]:
    """When each fault held, in seconds since 1970; `clock_began` is when the monotonic clock was 0."""
    return {(one.job, one.fault): (clock_began + one.span[0], clock_began + one.span[1]) for one in outcomes}


def _peak(line: Line, start: float, end: float) -> float:
    """Its largest value; 0 where it has none."""
    return max((value for time, value in line.points if start <= time <= end), default=0.0)
