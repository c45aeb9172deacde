"""The rows as Markdown."""

from benchmarks.overload.contenders import CONTENDERS
from benchmarks.overload.rows import Found, Row
from benchmarks.overload.stretches import OFFERED_SHARE, OVERLOADS, named


def markdown(found: Found) -> str:
    """A table a server."""
    lines = list[str]()
    for one in CONTENDERS:
        for case, words in CASES.items():
            rows = found.of(one.name, case)
            if rows:
                lines += [f"\n**{one.title}**, {words}: {one.does}\n", *_HEAD, *map(_line, rows.values())]
    return "\n".join(lines)


CASES = {"read": "the read of one product", "work": "a millisecond of work"}


def shares(found: Found) -> str:
    """One table of all: good answers as a share of capacity, at each load from the capacity on."""
    lines = [
        f"| good answers, of capacity | {' | '.join(map(named, OVERLOADS))} |",
        "| --- |" + " ---: |" * len(OVERLOADS),
    ]
    for case, words in CASES.items():
        for one in CONTENDERS:
            if rows := found.of(one.name, case):
                cells = (_shared(rows.get(named(multiple)), multiple) for multiple in OVERLOADS)
                lines.append(f"| {words}: {one.title} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _shared(row: Row | None, multiple: float) -> str:
    """With how much was really asked for, where the generator could not ask for as much as it should."""
    if row is None:
        return ""
    return f"{row.share:.0%}" + (f" at {row.multiple:.1f}" if row.multiple < multiple * OFFERED_SHARE else "")


_COLUMNS = (
    "load",
    "asked of capacity",
    "asked /s",
    "good /s",
    "good of capacity",
    "of CPU",
    "refused /s",
    "p50 / p99 of the good, ms",
    "memory, MB",
)
_HEAD = (f"| {' | '.join(_COLUMNS)} |", f"| --- |{' ---: |' * (len(_COLUMNS) - 1)}")


def _line(row: Row) -> str:
    cells = (
        row.load,
        f"{row.multiple:.1f} times",
        f"{row.asked - row.unmade:,.0f}",
        f"{row.good:,.0f}",
        f"{row.share:.0%}",
        f"{row.cpu_share:.0%}",
        f"{row.refused:,.0f}",
        f"{row.p50_milliseconds:.1f} / {row.p99_milliseconds:.1f}",
        f"{row.resident_megabytes:.0f}",
    )
    return f"| {' | '.join(cells)} |"
