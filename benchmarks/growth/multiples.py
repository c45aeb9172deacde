"""The costs as an SVG: a small picture an axis, all from nought, a line a case."""

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from pathlib import Path

from benchmarks.growth.axes import AXES
from benchmarks.growth.found import Cost, Found

PICTURE = Path(__file__).parents[2] / "docs" / "growth.svg"
_FONT = 'font-family="system-ui, sans-serif"'
_COLOURS: Mapping[str, str] = {"read one": "#334155", "list": "#c2410c", "start": "#0f766e", "memory": "#7c3aed"}
_INK, _PALE = "#0f172a", "#e2e8f0"
_ACROSS = 3
_WIDTH, _HEIGHT, _TOP = 290, 190, 60
_LEFT, _RIGHT, _HEAD, _FOOT = 24, 24, 36, 30
_HEADROOM = 1.15
_ABOVE, _BELOW = -7, 16
"""Where a point's figure stands: below it where another line has a higher point."""
_WORDS = {"µs": "CPU µs a request", "s": "s to the first answer", "MB": "MB then"}


def svg(found: Found) -> str:
    """The picture; its height follows from how many axes there are."""
    panels = [(axis.title, unit, by_case) for axis in AXES for unit in _WORDS if (by_case := found.of(axis.name, unit))]
    width, height = _ACROSS * _WIDTH, _TOP + -(-len(panels) // _ACROSS) * _HEIGHT
    drawn = [
        line
        for place, (title, unit, by_case) in enumerate(panels)
        for line in _panel(title, unit, by_case, left=place % _ACROSS * _WIDTH, top=_TOP + place // _ACROSS * _HEIGHT)
    ]
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" {_FONT}>',
            "<title>How the cost of a request grows with what there is more of</title>",
            f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
            _text("How the cost of a request grows with what there is more of", _LEFT, 26, size=15),
            _text("read one", _LEFT, 46, colour=_COLOURS["read one"]),
            _text("list of 20, or as many as said", _LEFT + 70, 46, colour=_COLOURS["list"]),
            *drawn,
            "</svg>\n",
        ]
    )


def _panel(title: str, unit: str, by_case: Mapping[str, Sequence[Cost]], *, left: float, top: float) -> Iterator[str]:
    most = max(cost.least for costs in by_case.values() for cost in costs) * _HEADROOM
    bottom = top + _HEIGHT - _FOOT
    yield _text(title, left + _LEFT, top + 16, weight="bold")
    yield _text(_WORDS[unit], left + _LEFT, top + 30, size=10)
    yield f'<path d="M{left + _LEFT} {bottom}H{left + _WIDTH - _RIGHT}" stroke="{_PALE}" stroke-width="1.5"/>'
    values = [cost.value for cost in next(iter(by_case.values()))]
    step = (_WIDTH - _LEFT - _RIGHT - 40) / max(1, len(values) - 1)
    xs = [left + _LEFT + 16 + step * place for place in range(len(values))]
    for value, x in zip(values, xs, strict=True):
        yield _text(f"{value:,}", x, bottom + 16, size=11, anchor="middle")
    highest = [
        max(costs) for costs in zip(*([cost.least for cost in found] for found in by_case.values()), strict=True)
    ]
    for case, costs in by_case.items():
        ys = [bottom - (_HEIGHT - _FOOT - _HEAD - 14) * cost.least / most for cost in costs]
        yield from _line(xs, ys, _COLOURS[case])
        for cost, x, y, most_here in zip(costs, xs, ys, highest, strict=True):
            told = f"{cost.least:.2f}" if unit == "s" else f"{cost.least:.0f}"
            beside = _ABOVE if cost.least == most_here else _BELOW
            yield _text(told, x, y + beside, size=11, colour=_COLOURS[case], anchor="middle")


def _line(xs: Sequence[float], ys: Sequence[float], colour: str) -> Iterator[str]:
    points = " ".join(f"{x:.1f},{y:.1f}" for x, y in zip(xs, ys, strict=True))
    yield f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>'
    yield from (f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>' for x, y in zip(xs, ys, strict=True))


def _text(  # noqa: PLR0913 - what a text in an SVG has
    words: str, x: float, y: float, *, size: int = 12, colour: str = _INK, weight: str = "normal", anchor: str = "start"
) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" font-weight="{weight}" text-anchor="{anchor}" '
        f'fill="{colour}">{escape(words)}</text>'
    )
