"""What a picture of a dashboard is made of: variables filled in, values as people read them, lines in their places."""

import pytest

from tests.pictures.asking import Line, Prometheus, Span
from tests.pictures.chart_scale import Chart, ceiling
from tests.pictures.shown_values import shown
from tests.pictures.strokes import Box

MINUTES = Span(start=0.0, end=600.0, scrape_seconds=15.0)
BOX = Box(x=0, y=0, width=600, height=100)


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (0.0123, "s", "12.3 ms"),
        (0.0005, "s", "500 µs"),
        (90.0, "s", "1.5 min"),
        (0.5, "percentunit", "50%"),
        (1536.0, "bytes", "1.5 KiB"),
        (12_345.0, "short", "12.3 K"),
        (3.0, "reqps", "3 req/s"),
        (float("inf"), "s", "∞ d"),
        (0.0, "s", "0 s"),
    ],
)
def test_values_are_shown_in_their_unit(value: float, unit: str, text: str) -> None:
    assert shown(value, unit) == text


def test_variables_are_filled_as_grafana_does() -> None:
    expr = 'rate(a{job=~"$job",instance=~"$instance"}[$__rate_interval]) + increase(b[$__range])'

    filled = Prometheus(url="http://127.0.0.1:9").filled(expr, MINUTES)

    assert filled == 'rate(a{job=~".+",instance=~".+"}[60s]) + increase(b[600s])'


def test_a_long_span_has_wider_steps() -> None:
    assert Span(start=0.0, end=86_400.0, scrape_seconds=15.0).step == 288


def test_a_chart_puts_values_and_times_in_their_places() -> None:
    chart = Chart(box=BOX, span=MINUTES, low=0.0, high=8.0)

    assert (chart.x(300.0), chart.y(0.0), chart.y(8.0), chart.y(99.0)) == (300.0, 100.0, 0.0, 0.0)
    assert chart.value_ticks() == [0, 2, 4, 6, 8]
    assert chart.time_ticks() == [0, 120, 240, 360, 480, 600]


def test_magnitudes_are_as_far_apart_as_each_other() -> None:
    chart = Chart(box=BOX, span=MINUTES, low=1.0, high=100.0, log=True)

    assert (chart.y(1.0), chart.y(10.0), chart.y(100.0)) == (100.0, 50.0, 0.0)


def test_a_ceiling_is_round_and_above_all() -> None:
    assert [ceiling([7.3]), ceiling([0.031]), ceiling([])] == [8.0, 0.04, 1.0]


def test_a_line_knows_its_last_and_its_largest() -> None:
    line = Line(labels={}, points=((0.0, 3.0), (1.0, 2.0)))

    assert (line.last, line.largest) == (2.0, 3.0)
