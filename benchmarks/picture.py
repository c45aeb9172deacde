"""A run's CPU times as an SVG: a bar a contestant in a group a case, with a line from the least to the most."""

from collections.abc import Iterator, Sequence
from html import escape

from benchmarks.results import Results
from benchmarks.summary import Figures, figures

_COLOURS = ("#c2410c", "#334155", "#64748b", "#94a3b8", "#0f766e", "#7c3aed", "#a16207", "#be185d")
_WIDTH, _MARGIN, _LABEL_WIDTH, _VALUE_WIDTH = 860, 20, 130, 110
_BAR_HEIGHT, _BAR_STEP, _GROUP_GAP = 16, 20, 18
_TOP, _LEGEND_STEP = 48, 22
_FONT = 'font-family="system-ui, sans-serif"'


def svg(results: Results) -> str:
    """The picture; its height follows from how many bars there are."""
    groups = [
        (
            title,
            [
                figures(results.measurements, contestant=one.name, case=name, reference=results.reference)
                for one in results.contestants
            ],
        )
        for name, title in results.cases
    ]
    most = max(one.cpu_microseconds_most for _, found in groups for one in found)
    scale = (_WIDTH - 2 * _MARGIN - _LABEL_WIDTH - _VALUE_WIDTH) / most
    legend_height = _LEGEND_STEP * len(results.contestants)
    group_height = _BAR_STEP * len(results.contestants) + _GROUP_GAP
    height = _TOP + legend_height + group_height * len(groups) + _MARGIN
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" role="img" {_FONT}>',
            "<title>CPU microseconds of the server's process per request</title>",
            f'<rect width="{_WIDTH}" height="{height}" fill="#ffffff"/>',
            _text("CPU µs of the server's process per request (median; line: least to most)", _MARGIN, 28, size=15),
            *_legend(results),
            *_bars(groups, scale=scale, top=_TOP + legend_height),
            "</svg>\n",
        ]
    )


def _legend(results: Results) -> Iterator[str]:
    for place, one in enumerate(results.contestants):
        top = _TOP + place * _LEGEND_STEP
        yield _rectangle(_MARGIN, top, 12, height=12, colour=_colour(place))
        yield _text(one.title, _MARGIN + 20, top + 11)


def _bars(groups: Sequence[tuple[str, Sequence[Figures]]], *, scale: float, top: float) -> Iterator[str]:
    left = _MARGIN + _LABEL_WIDTH
    for title, found in groups:
        top += _GROUP_GAP
        yield _text(title, _MARGIN, top + _BAR_HEIGHT - 3, weight="bold")
        for place, one in enumerate(found):
            middle = top + _BAR_HEIGHT / 2
            least, most = left + one.cpu_microseconds_least * scale, left + one.cpu_microseconds_most * scale
            yield _rectangle(left, top, one.cpu_microseconds * scale, height=_BAR_HEIGHT, colour=_colour(place))
            yield f'<path d="M{least:.1f} {middle:.1f}H{most:.1f}" stroke="#000000" stroke-width="1.5"/>'
            yield _text(f"{one.cpu_microseconds:.0f} µs", most + 8, top + _BAR_HEIGHT - 3)
            top += _BAR_STEP


def _colour(place: int) -> str:
    return _COLOURS[place % len(_COLOURS)]


def _rectangle(x: float, y: float, width: float, *, height: float, colour: str) -> str:
    return f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height}" fill="{colour}"/>'


def _text(words: str, x: float, y: float, *, size: int = 13, weight: str = "normal") -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" font-weight="{weight}" fill="#0f172a">{escape(words)}</text>'
    )
