"""The rows as Markdown."""

from benchmarks.overload.contenders import CONTENDERS
from benchmarks.overload.rows import Found, Row


def markdown(found: Found) -> str:
    """A table a server."""
    lines = list[str]()
    for one in CONTENDERS:
        rows = found.of(one.name)
        if rows:
            lines += [f"\n**{one.title}**: {one.does}\n", *_HEAD, *map(_line, rows.values())]
    return "\n".join(lines)


_HEAD = (
    "| load | asked /s | good /s | of capacity | of CPU | refused /s | p50 / p99 of the good, ms | memory, MB |",
    "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
)


def _line(row: Row) -> str:
    cells = (
        row.load,
        f"{row.asked:,.0f}",
        f"{row.good:,.0f}",
        f"{row.share:.0%}",
        f"{row.cpu_share:.0%}",
        f"{row.refused:,.0f}",
        f"{row.p50_milliseconds:.1f} / {row.p99_milliseconds:.1f}",
        f"{row.resident_megabytes:.0f}",
    )
    return f"| {' | '.join(cells)} |"
