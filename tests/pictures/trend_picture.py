"""Draws lines over time, with their legend."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from tests.pictures.asking import Line, Span
from tests.pictures.chart_scale import Chart, ceiling
from tests.pictures.grafana_json import Panel
from tests.pictures.inks import FAINT, ink
from tests.pictures.legends import inks_of
from tests.pictures.shown_values import shown
from tests.pictures.strokes import LETTER, Box, area, path, rule, shortened, text

_LEGEND_ROW = 17
_LEGEND_ROWS = 5


Marked = Sequence[tuple[float, str]]
"""Moments, and the colours they are marked with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Happened:
    """What is drawn over the lines: single requests (time, value) and marked moments."""

    span: Span
    examples: Sequence[tuple[float, float]]
    marks: Marked


def draw_trend(panel: Panel, lines: Sequence[Line], box: Box, happened: Happened) -> list[str]:
    """A chart of all lines, stacked where the panel says so, and what they are called."""
    ordered = sorted(lines, key=lambda line: -line.largest)
    legend = min(len(ordered), _LEGEND_ROWS)
    defaults = panel.field_config.defaults
    is_stacked = defaults.custom.stacking.mode == "normal"
    layers = _stacked(lines) if is_stacked else [(line, line.points, None) for line in lines]
    room = box.inset(bottom=(legend + 1) * _LEGEND_ROW + 26)
    chart = _chart(panel, [points for _, points, _ in layers], room, span=happened.span)
    colours = inks_of(panel, lines)
    drawn = chart.frame(defaults.unit) + _thresholds(panel, chart)
    for line, points, floor in layers:
        drawn += _line(chart, points, floor, ink=colours[line.legend], filled=defaults.custom.fill_opacity)
    drawn += [_diamond(chart.x(time), chart.y(value)) for time, value in happened.examples]
    drawn += [_mark(chart, time, colour) for time, colour in happened.marks]
    return drawn + _legend(ordered[:legend], box, unit=defaults.unit, colours=colours, left_out=len(ordered) - legend)


def _mark(chart: Chart, time: float, colour: str) -> str:
    x, foot = chart.x(time), chart.box.y + chart.box.height
    flag = f'<path d="M{x - 4:.1f} {foot + 5:.1f}h8l-4 -5z" fill="{colour}"/>'
    return flag + rule((x, chart.box.y), (x, foot), ink=colour, more='stroke-dasharray="3 3" stroke-opacity="0.7"')


def _chart(panel: Panel, all_points: Sequence[Sequence[tuple[float, float]]], box: Box, *, span: Span) -> Chart:
    defaults = panel.field_config.defaults
    values = [value for points in all_points for _, value in points if math.isfinite(value)]
    if defaults.custom.scale_distribution.type == "log":
        positive = [value for value in values if value > 0] or [1.0]
        low, high = 10.0 ** math.floor(math.log10(min(positive))), 10.0 ** math.ceil(math.log10(max(positive) * 1.001))
        return Chart(box=_room(box, panel, (low, high)), span=span, low=low, high=high, log=True)
    high = defaults.max if defaults.max is not None else ceiling(values)
    return Chart(box=_room(box, panel, (high / 2, high)), span=span, low=0.0, high=high)


def _room(box: Box, panel: Panel, samples: Sequence[float]) -> Box:
    widest = max(len(shown(value, panel.field_config.defaults.unit)) for value in samples)
    return box.inset(left=max(34, widest * 11 * LETTER + 14))


def _stacked(lines: Sequence[Line]) -> list[tuple[Line, list[tuple[float, float]], dict[float, float]]]:
    floor: dict[float, float] = {}
    layers = []
    for line in lines:
        below = dict(floor)
        points = [(time, value + floor.get(time, 0.0)) for time, value in line.points]
        floor.update(points)
        layers.append((line, points, below))
    return layers[::-1]


def _line(
    chart: Chart, points: Sequence[tuple[float, float]], floor: dict[float, float] | None, *, ink: str, filled: float
) -> list[str]:
    drawn = []
    for piece in _pieces(points, 2.5 * chart.span.step):
        top = [(chart.x(time), chart.y(value)) for time, value in piece]
        foot = [(chart.x(time), chart.y((floor or {}).get(time, chart.low))) for time, _ in reversed(piece)]
        drawn.append(path([*top, *foot], ink="none", more=f'fill="{ink}" fill-opacity="{filled / 100:g}"'))
        drawn.append(path(top, ink=ink, more='fill="none" stroke-width="1.3" stroke-linejoin="round"'))
        if len(top) == 1:
            drawn.append(f'<circle cx="{top[0][0]:.1f}" cy="{top[0][1]:.1f}" r="1.5" fill="{ink}"/>')
    return drawn


def _pieces(points: Sequence[tuple[float, float]], gap: float) -> list[list[tuple[float, float]]]:
    """The points, parted where some are missing."""
    number, last, numbered = 0, math.inf, []
    for time, value in points:
        number += time - last > gap
        numbered.append((number, (time, value)))
        last = time
    return [[point for _, point in piece] for _, piece in groupby(numbered, key=lambda pair: pair[0])]


def _thresholds(panel: Panel, chart: Chart) -> list[str]:
    return [
        rule(
            (chart.box.x, chart.y(step.value)),
            (chart.box.x + chart.box.width, chart.y(step.value)),
            ink=ink(step.color),
            more='stroke-dasharray="6 5" stroke-opacity="0.8"',
        )
        for step in panel.field_config.defaults.thresholds.steps
        if step.value is not None and chart.low < step.value <= chart.high
    ]


def _diamond(x: float, y: float) -> str:
    return f'<path d="M{x:.1f} {y - 3.5:.1f}l3.5 3.5l-3.5 3.5l-3.5 -3.5z" fill="#5794f2" fill-opacity="0.85"/>'


def _legend(ordered: Sequence[Line], box: Box, *, unit: str, colours: dict[str, str], left_out: int) -> list[str]:
    right, top = box.x + box.width, box.y + box.height - len(ordered) * _LEGEND_ROW
    last, largest = right - 90, right - 4
    end = 'text-anchor="end"'
    first = f"Name, and {left_out} more" if left_out else "Name"
    drawn = [
        text(words, x, top - 4, size=11, ink="#6ea6ff", more=more)
        for words, x, more in ((first, box.x + 18, ""), ("Last", last, end), ("Max", largest, end))
    ]
    for number, line in enumerate(ordered):
        y = top + number * _LEGEND_ROW + 12
        drawn.append(area(Box(x=box.x + 2, y=y - 5, width=11, height=3), ink=colours[line.legend], more='rx="1.5"'))
        drawn.append(text(shortened(line.legend, box.width - 200), box.x + 18, y))
        drawn.append(text(shown(line.last, unit), last, y, ink=FAINT, more=end))
        drawn.append(text(shown(line.largest, unit), largest, y, ink=FAINT, more=end))
    return drawn
