"""The benchmark of growth: what it serves and asks, its arithmetic, its file, its committed picture."""

from itertools import islice
from pathlib import Path

import pytest

from benchmarks.growth.asking import Asked, answered
from benchmarks.growth.axes import Point
from benchmarks.growth.declared import fill, service_file
from benchmarks.growth.found import Cost, Found, read, write
from benchmarks.growth.multiples import PICTURE, svg
from benchmarks.growth.words import markdown
from benchmarks.load import LoadFailed
from benchmarks.machine import Machine
from server.service_file import checked_file
from tests.source_tree import PROJECT

MACHINE = Machine(
    processor="any", cores=2, system="Linux", python="CPython", postgres="18", generator="wrk", libraries={}
)
READS = Cost(axis="rows", value=100, case="read one", unit="µs", rounds=[70.0, 60.0, 90.0])
LISTS = Cost(axis="rows", value=100, case="list", unit="µs", rounds=[100.0])


def test_a_point_is_served_as_it_says(tmp_path: Path) -> None:
    file = tmp_path / "service.py"
    point = Point(value=3, resources=3, columns=10)
    file.write_text(service_file(point))

    service = checked_file(file).service

    assert [resource.path for resource in service.resources] == ["/records0", "/records1", "/records2"]
    assert [
        sum(name[0] == "c" and name[1:].isdigit() for name in resource.model.model_fields)
        for resource in service.resources
    ] == [10, 10, 10]


def test_rows_are_made_with_a_value_for_each_column() -> None:
    statement = fill(Point(value=2, columns=10, rows=50))

    assert "(id, c0, c1, c2, c3, c4, c5, c6, c7, c8, c9)" in statement
    assert statement.endswith("generate_series(1, 50) AS n")


def test_requests_are_for_one_record_after_another_by_one_caller_after_another(tmp_path: Path) -> None:
    tokens = tmp_path / "tokens"
    tokens.write_text("first\nsecond\n")
    point = Point(value=2, rows=100, tokens=2)
    asked = Asked(url="http://h:1", path="/records0/{key}", point=point, seconds=1, begin=0, tokens=tokens)

    one, two = islice(asked.requests(), 2)

    assert one == (
        b"GET /records0/00000000-0000-7000-8000-000000000001 HTTP/1.1\r\n"
        b"Host: h:1\r\nAuthorization: Bearer first\r\n\r\n"
    )
    assert b"-000000000014 HTTP/1.1" in two
    assert two.endswith(b"Bearer second\r\n\r\n")


def test_what_wrk_tells_in_its_last_line_is_how_many_were_answered() -> None:
    assert answered('Running 1s\n{"requests":700,"failures":0,"unexpected":0,"unanswered":0}\n', "/") == 700


def test_a_stretch_with_a_refusal_is_no_measurement() -> None:
    with pytest.raises(LoadFailed, match="503"):
        answered('{"requests":700,"failures":3,"unexpected":503,"unanswered":0}', "/")


def test_a_cost_is_the_least_of_its_rounds() -> None:
    assert READS.least == 60.0


def test_an_axis_measured_anew_takes_the_place_of_its_former_costs(tmp_path: Path) -> None:
    path = tmp_path / "growth.json"
    other = Cost(axis="columns", value=5, case="list", unit="µs", rounds=[1.0])
    write(Found(machine=MACHINE, costs=[READS, other]), path)
    write(Found(machine=MACHINE, costs=[LISTS]), path)

    assert read(path) == Found(machine=MACHINE, costs=[other, LISTS])


def test_a_table_has_a_row_an_axis_and_a_case() -> None:
    lines = markdown(Found(machine=MACHINE, costs=[READS, LISTS])).splitlines()

    assert lines[2:] == [
        "| rows in the table | read one, µs | 100: **60** |",
        "| rows in the table | list, µs | 100: **100** |",
    ]


def test_the_performance_page_shows_the_committed_figures() -> None:
    assert markdown(read()) in (PROJECT / "docs" / "performance.md").read_text()


def test_the_committed_picture_is_that_of_the_committed_figures() -> None:
    assert PICTURE.read_text() == svg(read())
