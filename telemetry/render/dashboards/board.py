"""A dashboard as data: rows that ask a question, and the panels that answer it."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from telemetry.render.dashboards.shades import GREEN, ORANGE, RED, Shade
from telemetry.render.rules import Board as BoardName

WIDTH = 24
"""Columns of a dashboard, as Grafana counts them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """From this value on (None: from the lowest) this is how a value looks."""

    start: float | None = None
    shade: Shade


def rising(*, warn: float | None = None, bad: float) -> tuple[Level, ...]:
    """Levels of what is worse the more there is of it."""
    warning = () if warn is None else (Level(start=warn, shade=ORANGE),)
    return (Level(shade=GREEN), *warning, Level(start=bad, shade=RED))


def falling(*, bad: float, good: float) -> tuple[Level, ...]:
    """Levels of what is worse the less there is of it: bad below `bad`, good from `good` on."""
    return (Level(shade=RED), Level(start=bad, shade=ORANGE), Level(start=good, shade=GREEN))


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """One PromQL expression; `legend` names each of its series, with `{{label}}` for a label's value."""

    expr: str
    legend: str
    exemplars: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Trend:
    """Lines over time; stacked where the sum means something, `log` where small and large matter alike."""

    stacked: bool = False
    log: bool = False
    maximum: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Number:
    """The last value, large, over a line of its past."""

    filled: bool = False
    names: tuple[tuple[int, str], ...] = ()
    when_empty: str = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Heat:
    """A histogram's buckets over time: the more samples, the brighter."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bars:
    """A bar for each series, as long as its last value."""

    maximum: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class States:
    """A lane for each series; `names` says what a value means, and its shade."""

    names: tuple[tuple[int, str, Shade], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column of numbers: an expression's value now."""

    title: str
    expr: str
    unit: str
    levels: tuple[Level, ...] = ()
    bar: bool = False
    decimals: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A row for each set of labels: their values (label, title), then the columns; the largest of `sorted_by` first."""

    labels: tuple[tuple[str, str], ...]
    columns: tuple[Column, ...]
    sorted_by: str


Look = Trend | Number | Heat | Bars | States | Table


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """One panel: what it shows, in Grafana's unit, and how.

    `shades` gives series their colours by what their legend says. `leads_to` names the board where the next
    question is answered.
    """

    title: str
    description: str
    unit: str
    look: Look
    queries: tuple[Query, ...] = ()
    levels: tuple[Level, ...] = ()
    shades: tuple[tuple[str, Shade], ...] = ()
    width: int = 8
    height: int = 8
    leads_to: BoardName | None = None

    @property
    def expressions(self) -> tuple[str, ...]:
        """All it asks Prometheus."""
        columns = self.look.columns if isinstance(self.look, Table) else ()
        return tuple(query.expr for query in self.queries) + tuple(column.expr for column in columns)

    def sized(self, width: int, height: int) -> "Panel":
        """The same, so many columns wide and lines high."""
        return replace(self, width=width, height=height)

    def leading_to(self, board: BoardName) -> "Panel":
        """The same, with the way to the board that answers the next question."""
        return replace(self, leads_to=board)

    def looking(self, look: Look, *, levels: tuple[Level, ...] = ()) -> "Panel":
        """The same, drawn another way."""
        return replace(self, look=look, levels=levels or self.levels)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """Panels beside each other, and the question they answer together."""

    question: str
    panels: tuple[Panel, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """One dashboard; `name` is its word in addresses and file names."""

    name: BoardName
    title: str
    description: str
    rows: tuple[Row, ...]

    @property
    def panels(self) -> Iterator[Panel]:
        """All panels, in the order they are read."""
        return (panel for row in self.rows for panel in row.panels)
