"""The rows as a picture: good answers over what is asked, a line for each server."""

from collections.abc import Iterator
from html import escape
from math import log10
from pathlib import Path

from benchmarks.overload.contenders import CONTENDERS
from benchmarks.overload.rows import Found, Row
from benchmarks.overload.stretches import MULTIPLES, named

PICTURE = Path(__file__).parents[2] / "docs" / "overload.svg"
_FONT = 'font-family="system-ui, sans-serif"'
_COLOURS = ("#c2410c", "#0f766e", "#7c3aed", "#94a3b8")
_WIDTH, _HEIGHT = 760, 400
_LEFT, _RIGHT, _TOP, _BOTTOM = 60, 190, 50, 50
_LINE_HEIGHT = 16
_TALLEST = 1.1
"""The share at the picture's top."""


def svg(found: Found) -> str:
    """The picture."""
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" {_FONT}>',
            "<title>Good answers as a share of capacity, over the load</title>",
            f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="#ffffff"/>',
            _text("Good answers as a share of capacity", _LEFT, 28, size=15),
            _text("requests asked for, in capacities", _LEFT, _HEIGHT - 10),
            *_grid(),
            *_lines(found),
            "</svg>\n",
        ]
    )


def _grid() -> Iterator[str]:
    for percent in (0, 25, 50, 75, 100):
        y = _y(percent / 100)
        yield f'<path d="M{_LEFT} {y:.1f}H{_WIDTH - _RIGHT}" stroke="#e2e8f0"/>'
        yield _text(f"{percent} %", 14, y + 4)
    for multiple in MULTIPLES:
        yield _text(f"{multiple:g}", _x(multiple) - 8, _HEIGHT - _BOTTOM + 20)


def _lines(found: Found) -> Iterator[str]:
    taken = list[float]()
    for one, colour in zip(CONTENDERS, _COLOURS, strict=True):
        by_load = found.of(one.name)
        if not by_load:
            continue
        rows = [by_load[named(multiple)] for multiple in MULTIPLES]
        points = [(_x(multiple), _y(_share(row))) for multiple, row in zip(MULTIPLES, rows, strict=True)]
        line = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        yield f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="2.5"/>'
        yield from (f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="{colour}"/>' for x, y in points)
        height = points[-1][1] + 4
        while any(abs(height - other) < _LINE_HEIGHT for other in taken):
            height -= _LINE_HEIGHT
        taken.append(height)
        yield _text(f"{one.title} {rows[-1].share:.0%}", _WIDTH - _RIGHT + 10, height, colour=colour)


def _share(row: Row) -> float:
    return min(row.share, _TALLEST)


def _x(multiple: float) -> float:
    first, last = log10(MULTIPLES[0]), log10(MULTIPLES[-1])
    return _LEFT + (_WIDTH - _LEFT - _RIGHT) * (log10(multiple) - first) / (last - first)


def _y(share: float) -> float:
    return _HEIGHT - _BOTTOM - (_HEIGHT - _TOP - _BOTTOM) * share / _TALLEST


def _text(words: str, x: float, y: float, *, size: int = 13, colour: str = "#0f172a") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" fill="{colour}">{escape(words)}</text>'
