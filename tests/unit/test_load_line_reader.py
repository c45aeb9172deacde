"""A file's lines become rows or are refused, each with its number."""

import tracemalloc
from decimal import Decimal
from pathlib import Path
from typing import Annotated
from uuid import UUID

from pydantic import Field

from server.loading.data_files import DataFile
from server.loading.line_reader import LineReader, ReadingLimits
from storage.bulk.bad_lines import BadLine, BadLines
from storage.bulk.row_maker import Row
from storage.describe import describe
from storage.model import Key, Model, Tenant


class Tea(Model):
    number: Annotated[int, Key()]
    name: Annotated[str, Field(min_length=1)]
    price: Annotated[Decimal, Field(ge=0)] = Decimal(3)


class Cup(Model):
    colour: str


class Saucer(Model):
    house: Annotated[str, Tenant()]
    colour: str


def reader(path: Path, text: str | bytes, *, model: type[Model] = Tea, **limits: int) -> LineReader:
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    file = DataFile(path=path, record_type=describe(model))
    return LineReader(file, limits=ReadingLimits(**limits), advanced=lambda _lines: None)


def sentences(bad: BadLines) -> list[tuple[int, str | None, str]]:
    return [(line.line, fault.pointer, fault.code) for line in bad.first for fault in line.faults]


def test_good_lines_are_rows_in_the_columns_order(tmp_path: Path) -> None:
    text = '{"number": 7, "name": "Assam", "price": "2.50"}\n{"name": "Sencha"}\n'

    rows = list(reader(tmp_path / "tea.ndjson", text).rows())

    assert rows == [Row(line=1, values=(7, "Assam", "2.50")), Row(line=2, values=(None, "Sencha", "3"))]


def test_a_line_may_give_the_id_others_refer_to(tmp_path: Path) -> None:
    given = "0190474a-c1c0-7bf2-ba73-945c53d0cdcb"

    (row,) = reader(tmp_path / "cup.ndjson", f'{{"id": "{given}", "colour": "white"}}', model=Cup).rows()

    assert row.values == (given, "white")


def test_a_line_without_an_id_gets_one(tmp_path: Path) -> None:
    (row,) = reader(tmp_path / "cup.ndjson", '{"colour": "white"}', model=Cup).rows()

    assert UUID(str(row.values[0])).version == 7


def test_a_line_says_whose_tenants_it_is(tmp_path: Path) -> None:
    lines = ['{"house": "acme", "colour": "white"}', '{"colour": "white"}', '{"house": "", "colour": "white"}']
    saucers = reader(tmp_path / "saucer.ndjson", "\n".join(lines), model=Saucer)

    (row,) = saucers.rows()

    assert row.values[1:] == ("acme", "white")
    assert sentences(saucers.bad) == [(2, "/house", "missing"), (3, "/house", "missing")]


def test_every_fault_of_every_bad_line_is_kept(tmp_path: Path) -> None:
    lines = [
        '{"name": "Assam"}',
        '{"name": "", "price": -1}',
        '{"name": "Assam", "version": 3}',
        "[1]",
        "{",
        '{"name": "a", "name": "b"}',
        '{"name": "a\\u0000"}',
        '{"number": 9223372036854775808, "name": "a"}',
    ]
    tea = reader(tmp_path / "tea.ndjson", "\n".join(lines))

    rows = list(tea.rows())

    assert ([row.line for row in rows], tea.bad.count) == ([1], 7)
    assert sentences(tea.bad) == [
        (2, "/name", "string_too_short"),
        (2, "/price", "greater_than_equal"),
        (3, "/version", "read_only"),
        (4, "", "model_type"),
        (5, "", "json_invalid"),
        (6, "/name", "duplicate_key"),
        (7, "/name", "nul_character"),
        (8, "/number", "integer_out_of_range"),
    ]


def test_a_parser_s_place_is_the_column_alone(tmp_path: Path) -> None:
    tea = reader(tmp_path / "tea.ndjson", '{"name": }\n{"name": "a"\r\n')

    list(tea.rows())

    places = [fault.detail.partition(":")[0] for bad in tea.bad.first for fault in bad.faults]
    assert places == ["column 10", "column 13"]


def test_bytes_that_are_no_text_are_a_bad_line(tmp_path: Path) -> None:
    tea = reader(tmp_path / "tea.ndjson", b'{"name": "\xff"}\n{"name": "a"}\n')

    assert ([row.line for row in tea.rows()], sentences(tea.bad)) == ([2], [(1, "", "invalid_unicode")])


def test_empty_lines_and_a_byte_order_mark_are_passed_over(tmp_path: Path) -> None:
    tea = reader(tmp_path / "tea.ndjson", b'\xef\xbb\xbf{"name": "a"}\r\n\r\n  \n{"name": "b"}')

    assert ([row.line for row in tea.rows()], tea.bad.count) == ([1, 4], 0)


def test_a_line_that_is_too_long_is_refused_and_the_next_one_is_read(tmp_path: Path) -> None:
    long = '{"name": "' + "x" * 5_000 + '"}'
    tea = reader(tmp_path / "tea.ndjson", f'{long}\n{{"name": "a"}}\n', line_bytes=100)

    rows = list(tea.rows())

    assert ([row.line for row in rows], sentences(tea.bad)) == ([2], [(1, "", "too_large")])


def test_a_line_of_exactly_the_length_allowed_is_read(tmp_path: Path) -> None:
    line = '{"name": "a"}'
    tea = reader(tmp_path / "tea.ndjson", f"{line}\n{line}\r\n{line}", line_bytes=len(line))

    assert [row.line for row in tea.rows()] == [1, 2, 3]


def test_only_the_first_bad_lines_are_kept_and_all_are_counted(tmp_path: Path) -> None:
    tea = reader(tmp_path / "tea.ndjson", "{}\n" * 30, shown=2)

    list(tea.rows())

    assert (tea.bad.count, [bad.line for bad in tea.bad.first]) == (30, [1, 2])


def test_it_tells_how_many_lines_it_has_read(tmp_path: Path) -> None:
    told: list[int] = []
    path = tmp_path / "tea.ndjson"
    path.write_text('{"name": "a"}\n' * 2_345)
    tea = LineReader(DataFile(path=path, record_type=describe(Tea)), limits=ReadingLimits(), advanced=told.append)

    rows = sum(1 for _ in tea.rows())

    assert (rows, told) == (2_345, [1_000, 1_000, 345])


def test_it_holds_no_more_than_a_line_at_a_time(tmp_path: Path) -> None:
    tea = reader(tmp_path / "tea.ndjson", '{"name": "' + "x" * 1_000 + '"}\n' * 5_000)
    tracemalloc.start()

    for _ in tea.rows():
        pass

    peak_bytes = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak_bytes < 500_000


def test_joined_bad_lines_stand_in_their_order() -> None:
    these = BadLines(count=2, first=(BadLine(line=3, faults=()), BadLine(line=9, faults=())))
    others = BadLines(count=5, first=(BadLine(line=4, faults=()),))

    joined = these.joined(others, shown=2)

    assert (joined.count, [bad.line for bad in joined.first]) == (7, [3, 4])
