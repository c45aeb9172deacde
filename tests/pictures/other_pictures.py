"""Draws numbers, heat maps, lanes of states, bars and tables."""

import math
from collections.abc import Sequence

from tests.pictures.asking import Line, Span
from tests.pictures.bands import bands
from tests.pictures.chart_scale import Chart
from tests.pictures.grafana_json import Panel
from tests.pictures.inks import EDGE, FAINT, TEXT, heat_ink, ink
from tests.pictures.legends import level_ink
from tests.pictures.shown_values import shown
from tests.pictures.strokes import LETTER, Box, area, path, shortened, text

_FLAT = 1.3
_GRADES = 16


def draw_number(panel: Panel, lines: Sequence[Line], box: Box, span: Span) -> list[str]:
    """The last value, large."""
    defaults = panel.field_config.defaults
    values = {float(key): told for one in defaults.mappings for key, told in one.options.items()}
    last = lines[0].last if lines else None
    words = defaults.no_value if last is None else values[last].text if last in values else shown(last, defaults.unit)
    colour = level_ink(defaults.thresholds.steps, last) if last is not None and defaults.thresholds.steps else ""
    is_filled = bool(colour) and panel.options.color_mode == "background"
    drawn = [area(box, ink=colour, more='rx="3" fill-opacity="0.85"')] if is_filled else []
    if lines and panel.options.graph_mode == "area":
        drawn += _spark(lines[0], box.inset(top=box.height * 0.62), span, ink=colour or "#8ab8ff")
    size = min(box.height * 0.36, box.width / (len(words) * LETTER + 1.5))
    middle = 'text-anchor="middle" font-weight="500"'
    letters = text(
        words,
        box.x + box.width / 2,
        box.y + box.height / 2 + size * 0.4,
        size=size,
        ink="#fff" if is_filled else colour or TEXT,
        more=middle,
    )
    return [*drawn, letters]


def _spark(line: Line, box: Box, span: Span, *, ink: str) -> list[str]:
    values = [value for _, value in line.points if math.isfinite(value)]
    chart = Chart(box=box, span=span, low=min([0.0, *values]), high=max(values, default=1.0) * _FLAT or 1.0)
    points = [(chart.x(time), chart.y(value)) for time, value in line.points]
    foot = [(points[-1][0], box.y + box.height), (points[0][0], box.y + box.height)]
    return [
        path([*points, *foot], ink="none", more=f'fill="{ink}" fill-opacity="0.14"'),
        path(points, ink=ink, more='fill="none" stroke-opacity="0.45"'),
    ]


def draw_heat(lines: Sequence[Line], box: Box, span: Span) -> list[str]:
    """Buckets over time; each shows what it has beyond the one below."""
    bounds = list(bands(lines))
    cells = [line.points for line in bounds]
    used = [number for number, row in enumerate(cells) if any(value > 0 for _, value in row)] or [0]
    first, last = max(0, used[0] - 1), min(len(cells) - 1, used[-1] + 1)
    hottest = max((value for row in cells for _, value in row), default=1.0) or 1.0
    shown_rows = list(enumerate(cells[first : last + 1]))
    chart = Chart(box=box.inset(left=52, bottom=24), span=span, low=0, high=len(shown_rows) or 1)
    every = max(1, math.ceil(len(shown_rows) / 8))
    ticks = [(number + 1.0, shown(float(bounds[first + number].legend), "s")) for number, _ in shown_rows[::every]]
    drawn = chart.frame("s", ticks)
    for number, row in shown_rows:
        top, foot = chart.y(number + 1), chart.y(number)
        for start, end, warmth in _stretches(row, hottest, span.step):
            left, right = chart.x(start), chart.x(end)
            drawn.append(area(Box(x=left, y=top, width=right - left + 0.3, height=foot - top), ink=heat_ink(warmth)))
    return drawn


def _stretches(row: Sequence[tuple[float, float]], hottest: float, step: float) -> list[tuple[float, float, float]]:
    """From when to when a bucket was how warm, 0 to 1; of a few grades, so that neighbours become one."""
    stretches: list[tuple[float, float, float]] = []
    for time, value in row:
        warmth = math.ceil((value / hottest) ** 0.5 * _GRADES) / _GRADES if value > 0 else 0.0
        if stretches and stretches[-1][2] == warmth and stretches[-1][1] >= time - 1.5 * step:
            stretches[-1] = (stretches[-1][0], time, warmth)
        else:
            stretches.append((time - step, time, warmth))
    return [stretch for stretch in stretches if stretch[2]]


def draw_states(panel: Panel, lines: Sequence[Line], box: Box, span: Span) -> list[str]:
    """A lane for each series, coloured by what its value means."""
    meant = {float(key): told for one in panel.field_config.defaults.mappings for key, told in one.options.items()}
    widest = max(len(line.legend) for line in lines) * 12 * LETTER + 14
    chart = Chart(box=box.inset(left=min(widest, box.width / 4), bottom=24), span=span, low=0, high=1)
    drawn = chart.times()
    height = chart.box.height / max(1, len(lines))
    for number, line in enumerate(sorted(lines, key=lambda line: line.legend)):
        y = chart.box.y + number * height
        name = shortened(line.legend, chart.box.x - box.x)
        drawn.append(text(name, chart.box.x - 8, y + height / 2 + 4, ink=FAINT, more='text-anchor="end"'))
        for start, end, value in _runs(line, span.step):
            place = Box(
                x=chart.x(start), y=y + 2, width=chart.x(min(end, span.end)) - chart.x(start), height=height - 4
            )
            drawn.append(
                area(place, ink=ink(meant[value].color) if value in meant else EDGE, more='fill-opacity="0.8"')
            )
    return drawn


def _runs(line: Line, step: float) -> list[tuple[float, float, float]]:
    runs: list[tuple[float, float, float]] = []
    for time, value in line.points:
        if runs and runs[-1][2] == value and time - runs[-1][1] < step / 2:
            runs[-1] = (runs[-1][0], time + step, value)
        else:
            runs.append((time, time + step, value))
    return runs


def draw_bars(panel: Panel, lines: Sequence[Line], box: Box) -> list[str]:
    """A bar for each series."""
    defaults = panel.field_config.defaults
    longest = defaults.max if defaults.max is not None else max((line.last for line in lines), default=1.0) or 1.0
    height = min(44.0, box.height / max(1, len(lines)))
    drawn = []
    for number, line in enumerate(sorted(lines, key=lambda line: line.legend)):
        y = box.y + number * height
        colour = level_ink(defaults.thresholds.steps, line.last) or ink("blue")
        whole = Box(x=box.x + 4, y=y + 18, width=box.width - 90, height=height - 24)
        share = max(0.0, min(1.0, line.last / longest))
        drawn.append(text(shortened(line.legend, box.width - 100), box.x + 4, y + 13))
        drawn.append(area(whole, ink=EDGE, more='rx="2"'))
        drawn.append(
            area(Box(x=whole.x, y=whole.y, width=whole.width * share, height=whole.height), ink=colour, more='rx="2"')
        )
        drawn.append(
            text(
                shown(line.last, defaults.unit),
                box.x + box.width - 4,
                y + height / 2 + 12,
                size=15,
                ink=colour,
                more='text-anchor="end"',
            )
        )
    return drawn
