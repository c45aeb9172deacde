"""Tells a person what a load has done: every bad line with its place, then a line for each file."""

import sys
from collections.abc import Iterator, Sequence
from typing import assert_never

from server.commands.reporting import tell
from server.loading.outcome import Outcome


def report(outcomes: Sequence[Outcome], *, seconds: float) -> None:
    """Bad lines to the standard error, the rest to the standard output; nothing where nothing was settled."""
    tell(*(line for outcome in outcomes for line in bad_lines(outcome)))
    if outcomes:
        sys.stdout.write("".join(f"{line}\n" for line in summary(outcomes, seconds=seconds)))


def bad_lines(outcome: Outcome) -> Iterator[str]:
    """`track.ndjson:17 /name: a sentence`, a line for each fault, and how many more lines are bad."""
    name, bad = outcome.file.name, outcome.bad
    for line in bad.first:
        for fault in line.faults:
            place = f" {fault.pointer}" if fault.pointer else ""
            yield f"{name}:{line.line}{place}: {fault.detail}"
    if bad.count > len(bad.first):
        yield f"{name}: {_counted(bad.count - len(bad.first), 'more bad line')}"


def summary(outcomes: Sequence[Outcome], *, seconds: float) -> Iterator[str]:
    """What became of each file, then the sum."""
    width = max(len(outcome.file.name) for outcome in outcomes)
    for outcome in outcomes:
        yield f"  {outcome.file.name:<{width}}  {_fate(outcome)}"
    rows = sum(outcome.rows for outcome in outcomes)
    loaded = sum(outcome.fate == "loaded" for outcome in outcomes)
    speed = f" ({rows / seconds:,.0f} rows/s)" if seconds else ""
    yield f"{_counted(rows, 'row')} of {_counted(loaded, 'file')} loaded in {seconds:.1f} s{speed}"
    if any(fault.code == "unique" for one in outcomes if one.failed for bad in one.bad.first for fault in bad.faults):
        yield "Files whose tables have rows already are left alone by --if-empty."


def _fate(outcome: Outcome) -> str:
    match outcome.fate:
        case "loaded":
            left_out = f", {_counted(outcome.bad.count, 'bad line')} left out" if outcome.bad.count else ""
            return f"{_counted(outcome.rows, 'row')}{left_out}"
        case "refused":
            return f"nothing loaded: {_counted(outcome.bad.count, 'bad line')}"
        case "held_back":
            return f"nothing loaded: it needs {outcome.awaited}"
        case "left_alone":
            return "left alone: its table has rows"
        case _:
            assert_never(outcome.fate)


def _counted(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"
