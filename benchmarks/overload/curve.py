"""The rows as a picture: good answers over what is asked, a line for each server, a panel for each case."""

from collections.abc import Iterator, Sequence
from html import escape
from math import log10
from pathlib import Path

from benchmarks.overload.contenders import CONTENDERS
from benchmarks.overload.figures import CASES
from benchmarks.overload.rows import Found, Row
from benchmarks.overload.stretches import MULTIPLES, OVERLOADS, named

PICTURE = Path(__file__).parents[2] / "docs" / "overload.svg"
_FONT = 'font-family="system-ui, sans-serif"'
_COLOURS = ("#c2410c", "#0f766e", "#7c3aed", "#94a3b8")
_WIDTH, _PANEL_HEIGHT, _HEAD = 760, 350, 40
_LEFT, _RIGHT, _TOP, _BOTTOM = 60, 190, 40, 50
_LINE_HEIGHT = 16
_TALLEST = 1.1
"""The share at a panel's top."""


def svg(found: Found) -> str:
    """The picture."""
    height = _HEAD + _PANEL_HEIGHT * len(CASES)
    panels = (
        line for place, case in enumerate(CASES) for line in _panel(found, case, top=_HEAD + place * _PANEL_HEIGHT)
    )
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" role="img" {_FONT}>',
            "<title>Good answers as a share of capacity, over the load</title>",
            f'<rect width="{_WIDTH}" height="{height}" fill="#ffffff"/>',
            _text("Good answers as a share of capacity", 14, 28, size=15),
            *panels,
            "</svg>\n",
        ]
    )


def _panel(found: Found, case: str, *, top: float) -> Iterator[str]:
    multiples = OVERLOADS if case == "read" else MULTIPLES
    bottom = top + _PANEL_HEIGHT - _BOTTOM
    yield _text(f"{CASES[case]}; requests asked for, in capacities", _LEFT, top + 16)
    for percent in (0, 25, 50, 75, 100):
        y = _y(percent / 100, bottom)
        yield f'<path d="M{_LEFT} {y:.1f}H{_WIDTH - _RIGHT}" stroke="#e2e8f0"/>'
        yield _text(f"{percent} %", 14, y + 4)
    for multiple in multiples:
        yield _text(f"{multiple:g}", _x(multiple, multiples) - 8, bottom + 20)
    yield from _lines(found, case, multiples, bottom=bottom)


def _lines(found: Found, case: str, multiples: Sequence[float], *, bottom: float) -> Iterator[str]:
    ends = list[tuple[float, float, str, str]]()
    for one, colour in zip(CONTENDERS, _COLOURS, strict=True):
        by_load = found.of(one.name, case)
        rows = [by_load[named(multiple)] for multiple in multiples if named(multiple) in by_load]
        if not rows:
            continue
        points = [(_x(_asked(row, multiples), multiples), _y(min(row.share, _TALLEST), bottom)) for row in rows]
        line = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        yield f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="2.5"/>'
        yield from (f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="{colour}"/>' for x, y in points)
        ends.append((points[-1][1] + 4, points[-1][0] + 10, f"{one.title} {rows[-1].share:.0%}", colour))
    yield from _labels(ends)


def _labels(ends: Sequence[tuple[float, float, str, str]]) -> Iterator[str]:
    """Beside the ends of the lines (y, x, words, colour), from the highest down, none over another."""
    free = 0.0
    for y, x, words, colour in sorted(ends):
        place = max(y, free)
        free = place + _LINE_HEIGHT
        yield _text(words, x, place, colour=colour)


def _asked(row: Row, multiples: Sequence[float]) -> float:
    return min(max(row.multiple, multiples[0]), multiples[-1])


def _x(multiple: float, multiples: Sequence[float]) -> float:
    first, last = log10(multiples[0]), log10(multiples[-1])
    return _LEFT + (_WIDTH - _LEFT - _RIGHT) * (log10(multiple) - first) / (last - first)


def _y(share: float, bottom: float) -> float:
    return bottom - (_PANEL_HEIGHT - _TOP - _BOTTOM) * share / _TALLEST


def _text(words: str, x: float, y: float, *, size: int = 13, colour: str = "#0f172a") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" fill="{colour}">{escape(words)}</text>'
