"""The costs as Markdown."""

from benchmarks.growth.axes import AXES
from benchmarks.growth.found import Found

UNITS = ("µs", "s", "MB")


def markdown(found: Found) -> str:
    """A row an axis and a case: the least of each point's rounds at its value."""
    lines = ["| grows | case | at: cost |", "| --- | --- | --- |"]
    for axis in AXES:
        for unit in UNITS:
            for case, costs in found.of(axis.name, unit).items():
                told = " · ".join(f"{cost.value:,}: **{cost.least:{_digits(unit)}}**" for cost in costs)
                lines.append(f"| {axis.title} | {case}, {unit} | {told} |")
    return "\n".join(lines)


def _digits(unit: str) -> str:
    return ".2f" if unit == "s" else ".0f"
