"""The panels that every board has some of."""

from telemetry.catalogue import Metric, server_rows
from telemetry.render.dashboards import expressions as x
from telemetry.render.dashboards import shades
from telemetry.render.dashboards.board import Heat, Level, Number, Panel, Query, Table, Trend, rising


def ask(legend: str, expr: str) -> Query:
    """An expression, and the name of what comes back."""
    return Query(expr=expr, legend=legend)


def number(title: str, description: str, *, unit: str, expr: str, levels: tuple[Level, ...] = ()) -> Panel:
    """A value large, in the colour of its level where it has some."""
    return Panel(
        title=title,
        description=description,
        unit=unit,
        look=Number(),
        queries=(ask(title, expr),),
        levels=levels,
        width=4,
        height=4,
    )


def age_of_sample(dependency: str) -> Panel:
    """For how long a server has told nothing of itself."""
    asked = x.gauge(server_rows.SERVER_SAMPLED, how="max", where=f'dependency="{dependency}"')
    return number(
        "Last told",
        "How long ago the server last told of itself: more than a quarter of a minute, and it did not answer.",
        unit="s",
        expr=f"time() - {asked}",
        levels=rising(warn=30.0, bad=60.0),
    )


def trend(title: str, description: str, *, unit: str, queries: tuple[Query, ...], shades: shades.Shades = ()) -> Panel:
    """Lines over time."""
    return Panel(title=title, description=description, unit=unit, look=Trend(), queries=queries, shades=shades)


def stack(title: str, description: str, *, unit: str, queries: tuple[Query, ...], shades: shades.Shades = ()) -> Panel:
    """Parts of a whole over time."""
    return Panel(
        title=title, description=description, unit=unit, look=Trend(stacked=True), queries=queries, shades=shades
    )


def quantiles(
    title: str, description: str, *, metric: Metric, where: str = "", levels: tuple[Level, ...] = ()
) -> Panel:
    """A histogram's median, ninth decile and 99th percentile over time, with examples to follow."""
    asked = tuple(
        Query(expr=x.quantile(of, metric, where=where), legend=f"p{of * 100:.0f}", exemplars=of > 0.9)  # noqa: PLR2004 - the slow ones
        for of in (0.5, 0.9, 0.99)
    )
    return Panel(
        title=title,
        description=description,
        unit="s",
        look=Trend(),
        queries=asked,
        levels=levels,
        shades=shades.QUANTILES,
    )


def heat(title: str, description: str, *, metric: Metric, where: str = "") -> Panel:
    """A histogram over time."""
    return Panel(
        title=title,
        description=description,
        unit="s",
        look=Heat(),
        queries=(ask("{{le}}", x.buckets(metric, where)),),
    )


def table(title: str, description: str, *, look: Table) -> Panel:
    """A table as wide as the board."""
    return Panel(title=title, description=description, unit="short", look=look, width=24, height=9)
