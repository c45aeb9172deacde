"""What a run shows on the dashboards: every panel has data, and which fault is seen on it."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from tests.pictures.asking import Line, Prometheus, Span
from tests.pictures.bands import bands
from tests.pictures.grafana_json import Panel, read_dashboard
from tests.proof.changes import Change, History, Moments, extremes
from tests.proof.episodes import Episode
from tests.source_tree import PROJECT

_HEAT, _RATE = "heatmap", "ops"
"""Whose unit is that of its bounds, while its values are how many a second lie between them."""

SUMMED = "20s"
"""The time that panels sum up where they sum up all that is shown."""


Found = Mapping[str, Sequence[tuple[str, Line]]]
"""The lines of each query of a panel, each with its job."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """A dashboard: the queries of it that found nothing, and the best change of each panel, by its title and place."""

    title: str
    empty: Sequence[str]
    panels: Sequence[tuple[str, Change | None]]

    @property
    def changes(self) -> Sequence[Change]:
        """Those that are seen."""
        return [change for _, change in self.panels if change is not None and change.is_visible]

    @property
    def unchanged(self) -> Sequence[str]:
        """The panels on which no fault is seen."""
        return [title for title, change in self.panels if change is None or not change.is_visible]

    @property
    def is_proven(self) -> bool:
        """Whether everything has data, and every panel changed."""
        return not self.empty and not self.unchanged


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """A run to look back on."""

    prometheus: Prometheus
    whole: Span
    silence: Moments
    episodes: Sequence[Episode]

    async def boards(self) -> Sequence[Board]:
        """All dashboards of the shop."""
        files = sorted((PROJECT / "dashboards").glob("*.json"))
        here = await asyncio.to_thread(self._here)
        return await asyncio.gather(*(asyncio.to_thread(self._board, file, here) for file in files))

    def _here(self) -> frozenset[str]:
        """The processes that are there all the time: others come and go with the faults that they are for."""
        ups = self.prometheus.lines("up", self.whole)
        return frozenset(line.labels["instance"] for line in ups if History(line).within(self.silence))

    def _board(self, file: Path, here: frozenset[str]) -> Board:
        dashboard = read_dashboard(file)
        found = [(panel, self._found(panel)) for panel in dashboard.panels if panel.targets]
        return Board(
            title=dashboard.title,
            empty=[f"{panel.title}: {expr}" for panel, of in found for expr, lines in of.items() if not lines],
            panels=[
                (panel.title, max(self._changes(panel, of, here, board=file.stem), key=_worth, default=None))
                for panel, of in found
            ],
        )

    def _found(self, panel: Panel) -> Found:
        return {target.expr: list(self._lines(panel, target.expr)) for target in panel.targets}

    def _lines(self, panel: Panel, expr: str) -> Iterator[tuple[str, Line]]:
        for job in dict.fromkeys(episode.job for episode in self.episodes):
            there = replace(self.prometheus, choices={**self.prometheus.choices, "$__range": SUMMED, "$job": job})
            lines = list(there.lines(expr, self.whole))
            yield from ((job, line) for line in (bands(lines) if panel.type == _HEAT else lines))

    def _changes(self, panel: Panel, found: Found, here: frozenset[str], *, board: str) -> Iterator[Change]:
        for job, line in (one for lines in found.values() for one in lines):
            if line.labels.get("instance") in (None, *here):
                yield from self._changes_of(panel, job, History(line), board=board)

    def _changes_of(self, panel: Panel, job: str, history: History, *, board: str) -> Iterator[Change]:
        silent = history.within(self.silence)
        for one in (episode for episode in self.episodes if episode.job == job):
            usual = [*silent, *history.before(one.began)]
            for before, during in extremes(usual, history.within(one.seen)):
                yield Change(
                    panel=panel.title,
                    fault=one.fault,
                    before=before,
                    during=during,
                    unit=_RATE if panel.type == _HEAT else panel.field_config.defaults.unit,
                    seconds=one.mended - one.began,
                    belongs=board in one.boards,
                    is_alone=one.is_alone,
                    is_new=not usual,
                )


def _worth(change: Change) -> tuple[object, ...]:
    return change.worth
