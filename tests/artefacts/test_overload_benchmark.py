"""The overload benchmark: its arithmetic, its file, and that the committed picture is of the committed figures."""

from dataclasses import replace
from pathlib import Path

from benchmarks.machine import Machine
from benchmarks.overload.callers import Callers, Counted, Stream
from benchmarks.overload.curve import PICTURE, svg
from benchmarks.overload.figures import shares
from benchmarks.overload.rows import Found, Row, read, write
from tests.source_tree import PROJECT

MACHINE = Machine(
    processor="any", cores=2, system="Linux", python="CPython", postgres="18", generator="own", libraries={}
)
ROW = Row(
    server="mainstay", case="work", load="10 times", seconds=20.0, capacity=1000.0, asked=10_000.0, unmade=500.0,
    good=900.0, refused=300.0, late=8_800.0, p50_milliseconds=16.0, p99_milliseconds=40.0, cost_milliseconds=1.25,
    capacity_cost_milliseconds=1.0, resident_megabytes=102.0,
)  # fmt: skip


def test_a_row_tells_its_shares_of_capacity_and_of_cpu_time() -> None:
    assert (ROW.share, ROW.cpu_share) == (0.9, 0.8)


def test_a_load_is_as_many_capacities_as_were_really_asked_for() -> None:
    assert ROW.multiple == 9.5


def test_shares_tell_what_was_asked_for_where_it_was_not_as_much_as_it_should_have_been() -> None:
    reads = replace(ROW, case="read", load="5 times", asked=3_000.0, unmade=0.0)

    lines = shares(Found(machine=MACHINE, rows=[ROW, reads])).splitlines()

    assert lines == [
        "| good answers, of capacity | 1 times | 2 times | 5 times | 10 times |",
        "| --- | ---: | ---: | ---: | ---: |",
        "| the read of one product: Mainstay |  |  | 90% at 3.0 |  |",
        "| a millisecond of work: Mainstay |  |  |  | 90% |",
    ]


def test_callers_with_a_pace_ask_as_it_says_and_never_before_their_time() -> None:
    callers = Callers(Stream(name="", path="/", connections=10, rate=100.0, after_seconds=1.0), b"")
    callers.counted = Counted(asked=30, unmade=10)

    assert [callers.due(seconds) for seconds in (0.5, 1.5, 9.0)] == [0, 10, 100]


def test_a_case_measured_anew_takes_the_place_of_its_servers_former_rows(tmp_path: Path) -> None:
    path = tmp_path / "overload.json"
    other, anew = replace(ROW, case="read"), replace(ROW, good=950.0)
    write(Found(machine=MACHINE, rows=[ROW, other]), path)
    write(Found(machine=MACHINE, rows=[anew]), path)

    assert read(path) == Found(machine=MACHINE, rows=[other, anew])


def test_the_performance_page_shows_the_committed_figures() -> None:
    assert shares(read()) in (PROJECT / "docs" / "performance.md").read_text()


def test_the_committed_picture_is_that_of_the_committed_figures() -> None:
    assert PICTURE.read_text() == svg(read())
