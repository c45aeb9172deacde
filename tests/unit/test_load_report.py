"""What a person is told after a load."""

from pathlib import Path

from middleware.errors import Fault
from server.commands.load_report import bad_lines, summary
from server.loading.data_files import DataFile
from server.loading.outcome import Outcome
from storage.bulk.bad_lines import BadLine, BadLines
from storage.describe import describe
from storage.model import Model


class Tea(Model):
    name: str


FILE = DataFile(path=Path("folder/tea.ndjson"), record_type=describe(Tea))
TAKEN = BadLine(line=17, faults=(Fault(code="unique", detail="line 3 has Assam already", pointer="/name"),))
BROKEN = BadLine(line=18, faults=(Fault(code="json_invalid", detail="column 3: no such word", pointer=""),))


def test_each_fault_has_its_file_line_and_place() -> None:
    outcome = Outcome(file=FILE, fate="refused", bad=BadLines(count=1_202, first=(TAKEN, BROKEN)))

    assert list(bad_lines(outcome)) == [
        "tea.ndjson:17 /name: line 3 has Assam already",
        "tea.ndjson:18: column 3: no such word",
        "tea.ndjson: 1,200 more bad lines",
    ]


def test_each_file_has_a_line_and_then_comes_the_sum() -> None:
    outcomes = [
        Outcome(file=FILE, fate="loaded", rows=1_000),
        Outcome(file=FILE, fate="loaded", rows=1, bad=BadLines(count=1, first=(BROKEN,))),
        Outcome(file=FILE, fate="refused", bad=BadLines(count=2, first=(BROKEN,))),
        Outcome(file=FILE, fate="held_back", awaited="cup.ndjson"),
        Outcome(file=FILE, fate="left_alone"),
    ]

    assert list(summary(outcomes, seconds=0.5)) == [
        "  tea.ndjson  1,000 rows",
        "  tea.ndjson  1 row, 1 bad line left out",
        "  tea.ndjson  nothing loaded: 2 bad lines",
        "  tea.ndjson  nothing loaded: it needs cup.ndjson",
        "  tea.ndjson  left alone: its table has rows",
        "1,001 rows of 2 files loaded in 0.5 s (2,002 rows/s)",
    ]


def test_a_conflict_ends_with_advice() -> None:
    outcome = Outcome(file=FILE, fate="refused", bad=BadLines(count=1, first=(TAKEN,)))

    assert list(summary([outcome], seconds=0.0))[-1] == (
        "Files whose tables have rows already are left alone by --if-empty."
    )
