"""The few SVG shapes a dashboard is made of."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from tests.pictures.inks import TEXT

LETTER = 0.6
"""How wide a letter is, as a part of its size: what a text's width is guessed with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """A place on the page, in pixels."""

    x: float
    y: float
    width: float
    height: float

    def inset(self, *, left: float = 0, top: float = 0, right: float = 0, bottom: float = 0) -> "Box":
        """The box without its edges."""
        return Box(x=self.x + left, y=self.y + top, width=self.width - left - right, height=self.height - top - bottom)


def text(  # noqa: PLR0913 - what SVG asks of a text
    words: str, x: float, y: float, *, size: float = 12, ink: str = TEXT, more: str = ""
) -> str:
    """A line of text whose foot is at y."""
    return f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size:g}" fill="{ink}" {more}>{escape(words)}</text>'


def area(box: Box, *, ink: str, more: str = "") -> str:
    """A filled box."""
    return (
        f'<rect x="{box.x:.1f}" y="{box.y:.1f}" width="{max(0.0, box.width):.1f}" height="{max(0.0, box.height):.1f}" '
        f'fill="{ink}" {more}/>'
    )


def rule(start: tuple[float, float], end: tuple[float, float], *, ink: str, more: str = "") -> str:
    """A straight line."""
    (x1, y1), (x2, y2) = start, end
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{ink}" {more}/>'


def path(points: Sequence[tuple[float, float]], *, ink: str, more: str = 'fill="none"') -> str:
    """A line through points."""
    told = " ".join(f"{x:.1f},{y:.1f}" for x, y in _turning(points))
    return f'<polyline points="{told}" stroke="{ink}" {more}/>'


def _turning(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """The points without those in the middle of a level stretch, of which there are many."""
    return [
        point
        for place, point in enumerate(points)
        if not 0 < place < len(points) - 1 or not points[place - 1][1] == point[1] == points[place + 1][1]
    ]


def shortened(words: str, width: float, size: float = 12) -> str:
    """As much of a text as is wide enough for."""
    room = int(width / (size * LETTER))
    return words if len(words) <= room else words[: max(1, room - 1)] + "…"
