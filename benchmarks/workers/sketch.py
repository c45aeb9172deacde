"""What was measured as an SVG: what each number of workers serves and takes, and how ways to share a port spread."""

from collections.abc import Iterator
from html import escape
from pathlib import Path

from benchmarks.workers.found import Found, Serving, Shared
from benchmarks.workers.spread import CONNECTIONS

PICTURE = Path(__file__).parents[2] / "docs/workers.svg"

_WIDTH, _MARGIN, _LABEL, _BAR, _STEP = 860, 20, 190, 400, 24
_FONT = 'font-family="system-ui, sans-serif" font-size="13"'
_INK, _PALE, _FULL = "#334155", "#94a3b8", "#c2410c"


def svg(found: Found) -> str:
    """The picture."""
    rows = [*_serving_rows(found), "", *_sharing_rows(found)]
    height = 2 * _MARGIN + _STEP * len(rows)
    body = [row.format(top=_MARGIN + _STEP * (place + 1)) for place, row in enumerate(rows)]
    opening = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" role="img" {_FONT}>'
    return "\n".join(
        [
            opening,
            "<title>What workers serve, what they take, and how they share a port</title>",
            f'<rect width="{_WIDTH}" height="{height}" fill="#ffffff"/>',
            *body,
            "</svg>\n",
        ]
    )


def _serving_rows(found: Found) -> Iterator[str]:
    cores = found.machine.cores
    yield _heading(
        f"Requests a second over {CONNECTIONS} connections, on {cores} cores for everything, and what ended it"
    )
    most = max(one.per_second for one in found.serving)
    for one in found.serving:
        label = f"{one.case}, {one.workers} worker{'s' if one.workers > 1 else ''}"
        yield _row(label, one.per_second / most, _told(one, cores))


def _told(one: Serving, cores: int) -> str:
    memory = sum(one.resident_megabytes) / len(one.resident_megabytes)
    return f"{one.per_second:,.0f}/s: {one.limit_on(cores)} · {memory:.0f} MB each"


def _sharing_rows(found: Found) -> Iterator[str]:
    yield _heading(
        f"Of {CONNECTIONS} connections opened at once, how many the fullest worker has; the line is a fair share"
    )
    for one in found.sharing:
        yield _row(f"{one.way}, {one.workers} workers", one.fullest / CONNECTIONS, _spread(one), fair=1 / one.workers)


def _spread(one: Shared) -> str:
    return f"{one.fullest:.0f}: {' / '.join(map(str, one.at_once[0]))}"


def _heading(words: str) -> str:
    return f'<text x="{_MARGIN}" y="{{top}}" font-size="15" font-weight="bold" fill="{_INK}">{escape(words)}</text>'


def _row(label: str, share: float, told: str, *, fair: float | None = None) -> str:
    left = _MARGIN + _LABEL
    width = _BAR * share
    colour = _PALE if fair is None else _FULL if share > fair * 1.5 else _PALE
    fair_at = left + _BAR * (fair or 0)
    line = f'<path transform="translate({fair_at:.1f} {{top}})" d="M0 -15V5" stroke="#000"/>' if fair else ""
    bar = f'x="{left}" y="-12" width="{width:.1f}" height="15" fill="{colour}"'
    return (
        f'<text x="{_MARGIN}" y="{{top}}" fill="{_INK}">{escape(label)}</text>'
        f'<rect transform="translate(0 {{top}})" {bar}/>{line}'
        f'<text x="{left + width + 8:.1f}" y="{{top}}" fill="{_INK}">{escape(told)}</text>'
    )
