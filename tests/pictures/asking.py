"""Asks a live Prometheus what the panels of a dashboard ask, over a span of time."""

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlencode, urlsplit

from tests.pictures.grafana_json import Dashboard, Panel, Target

PATIENCE_SECONDS = 30.0
POINTS = 300
"""Points of a line at most: more than that is finer than a picture."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """From when to when, in seconds since 1970; `scrape_seconds` is how often Prometheus looks."""

    start: float
    end: float
    scrape_seconds: float = 15.0

    @property
    def step(self) -> float:
        """Seconds from point to point."""
        return max(self.scrape_seconds, math.ceil((self.end - self.start) / POINTS))

    @property
    def words(self) -> dict[str, str]:
        """What Grafana puts in the place of its own variables."""
        return {
            "$__rate_interval": f"{max(self.step + self.scrape_seconds, 4 * self.scrape_seconds):.0f}s",
            "$__interval": f"{self.step:.0f}s",
            "$__range": f"{self.end - self.start:.0f}s",
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One series of an answer: its labels and its points (time, value), those that are no number left out."""

    labels: Mapping[str, str]
    points: tuple[tuple[float, float], ...]
    legend: str = ""
    ref: str = ""

    @property
    def last(self) -> float:
        """The last value."""
        return self.points[-1][1]

    @property
    def largest(self) -> float:
        """The largest value."""
        return max(value for _, value in self.points)


@dataclass(frozen=True, slots=True, kw_only=True)
class Prometheus:
    """The HTTP API of one, and what stands for a dashboard's variables: everything, unless said otherwise."""

    url: str
    choices: Mapping[str, str] = field(default_factory=lambda: {"$job": ".+", "$instance": ".+"})

    def lines(self, expr: str, span: Span) -> Iterator[Line]:
        """What an expression was over a span."""
        told = self._get(
            "/api/v1/query_range", query=self.filled(expr, span), start=span.start, end=span.end, step=span.step
        )
        for series in told["result"]:
            points = tuple(_numbers(series["values"]))
            if points:
                yield Line(labels=series["metric"], points=points)

    def instants(self, expr: str, span: Span) -> Iterator[Line]:
        """What an expression was at the end of a span."""
        told = self._get("/api/v1/query", query=self.filled(expr, span), time=span.end)
        for series in told["result"]:
            points = tuple(_numbers([series["value"]]))
            if points:
                yield Line(labels=series["metric"], points=points)

    def exemplars(self, expr: str, span: Span) -> list[tuple[float, float]]:
        """The examples (time, value) kept of the series an expression is about."""
        told = self._get("/api/v1/query_exemplars", query=self.filled(expr, span), start=span.start, end=span.end)
        return [(one["timestamp"], float(one["value"])) for series in told for one in series["exemplars"]]

    def filled(self, expr: str, span: Span) -> str:
        """An expression with values for its variables."""
        for word, value in {**span.words, **self.choices}.items():
            expr = expr.replace(word, value)
        return expr

    def _get(self, path: str, **query: object) -> Any:
        connection = HTTPConnection(urlsplit(self.url).netloc, timeout=PATIENCE_SECONDS)
        try:
            connection.request("GET", f"{path}?{urlencode(query)}")
            answer = connection.getresponse()
            told = json.loads(answer.read())
        finally:
            connection.close()
        if answer.status != HTTPStatus.OK:
            raise ValueError(f"{told.get('error')}: {query.get('query')}")
        return told["data"]


def answers(panel: Panel, prometheus: Prometheus, span: Span) -> list[Line]:
    """All series a panel shows, with their legends, in the order of its queries."""
    return [
        Line(labels=line.labels, points=line.points, legend=_legend(target, line.labels), ref=target.ref_id)
        for target in panel.targets
        for line in (prometheus.instants if target.instant else prometheus.lines)(target.expr, span)
    ]


def panels_without_data(dashboard: Dashboard, prometheus: Prometheus, span: Span) -> list[str]:
    """The panels of a dashboard with a query that had not one number in a span: `title, query A`."""
    return [
        f"{dashboard.title} / {panel.title}, query {target.ref_id}: {prometheus.filled(target.expr, span)}"
        for panel in dashboard.panels
        for target in panel.targets
        if not any(prometheus.lines(target.expr, span))
    ]


def _legend(target: Target, labels: Mapping[str, str]) -> str:
    text = target.legend_format
    for name, value in labels.items():
        text = text.replace(f"{{{{{name}}}}}", value)
    return text or ", ".join(labels.values())


def _numbers(pairs: list[tuple[float, str]]) -> Iterator[tuple[float, float]]:
    for time, value in pairs:
        if not math.isnan(float(value)):
            yield float(time), float(value)
