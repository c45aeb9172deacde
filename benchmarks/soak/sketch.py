"""A soak as an SVG: memory over time, and the line through its second half."""

from collections.abc import Iterator, Sequence
from html import escape
from math import ceil
from pathlib import Path

from benchmarks.soak.found import Found, Sample

PICTURE = Path(__file__).parents[2] / "docs" / "soak.svg"
_FONT = 'font-family="system-ui, sans-serif"'
_INK, _PALE, _LINE = "#0f172a", "#e2e8f0", "#c2410c"
_WIDTH, _HEIGHT = 760, 300
_LEFT, _RIGHT, _TOP, _BOTTOM = 60, 20, 50, 50
_STEP_MEGABYTES = 25
_TICKS = 6


def svg(found: Found) -> str:
    """The picture."""
    top = _STEP_MEGABYTES * ceil(max(one.resident_megabytes for one in found.samples) * 1.1 / _STEP_MEGABYTES)
    title = (
        f"Resident memory, MB, over {found.minutes:.0f} minutes of {found.per_second:.0f} requests a second: "
        f"{found.megabytes_an_hour:+.1f} MB an hour in the second half"
    )
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" {_FONT}>',
            f"<title>{escape(title)}</title>",
            f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="#ffffff"/>',
            _text(title, 14, 26, size=14),
            *_grid(found, top),
            _curve(found.samples, found, top=top),
            "</svg>\n",
        ]
    )


def _grid(found: Found, top: int) -> Iterator[str]:
    for megabytes in range(0, top + 1, _STEP_MEGABYTES):
        y = _y(megabytes, top)
        yield f'<path d="M{_LEFT} {y:.1f}H{_WIDTH - _RIGHT}" stroke="{_PALE}"/>'
        yield _text(str(megabytes), 20, y + 4)
    for tick in range(_TICKS + 1):
        seconds = found.samples[-1].seconds * tick / _TICKS
        yield _text(f"{seconds / 60:.0f}", _x(seconds, found) - 6, _HEIGHT - _BOTTOM + 20)
    yield _text("minutes", _LEFT, _HEIGHT - 10)


def _curve(samples: Sequence[Sample], found: Found, *, top: int) -> str:
    points = " ".join(f"{_x(one.seconds, found):.1f},{_y(one.resident_megabytes, top):.1f}" for one in samples)
    return f'<polyline points="{points}" fill="none" stroke="{_LINE}" stroke-width="2"/>'


def _x(seconds: float, found: Found) -> float:
    return _LEFT + (_WIDTH - _LEFT - _RIGHT) * seconds / found.samples[-1].seconds


def _y(megabytes: float, top: int) -> float:
    return _HEIGHT - _BOTTOM - (_HEIGHT - _TOP - _BOTTOM) * megabytes / top


def _text(words: str, x: float, y: float, *, size: int = 12) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" fill="{_INK}">{escape(words)}</text>'
