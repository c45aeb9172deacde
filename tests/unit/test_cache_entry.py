"""How answers are written down: what is read back is what was kept, or nothing."""

from hypothesis import given
from hypothesis import strategies as st

from storage.cache.entry import Entry, packed, unpacked

CELLS = st.one_of(st.binary(max_size=40), st.integers(-(2**63), 2**63 - 1), st.none())
ROWS = st.lists(st.lists(CELLS, min_size=1, max_size=5).map(tuple), max_size=4)
GENERATIONS = b"9f2c 04ab1"


def answer(*rows: tuple[object, ...]) -> Entry:
    asked_at, renewed_at = 1_700_000_000_000_000, 1_700_000_027_000_000
    return Entry(rows=list(rows), generations=GENERATIONS, asked_at=asked_at, renewed_at=renewed_at)


@given(ROWS)
def test_an_answer_is_read_back_as_it_was(rows: list[tuple[object, ...]]) -> None:
    entry = packed(answer(*rows))

    assert entry is not None
    assert entry.startswith(GENERATIONS + b"\n")
    assert unpacked(entry) == answer(*rows)


def test_an_answer_is_written_in_a_line_of_lengths_and_its_bytes() -> None:
    rows = ((b'{"a": 1}', b"3.f", b"7"), (None, 4, b""))

    entry = packed(answer(*rows))

    assert entry == b'9f2c 04ab1\n1 1700000000000000 1700000027000000 8 3 1 / - =4 0\n{"a": 1}3.f7'


def test_what_is_neither_bytes_nor_a_whole_number_is_not_written_down() -> None:
    assert [packed(answer((value,))) for value in (1.5, True, "text")] == [None, None, None]


@given(st.binary(max_size=80))
def test_any_other_bytes_are_no_answer(noise: bytes) -> None:
    assert unpacked(noise) is None


@given(ROWS.filter(bool), st.data())
def test_an_answer_that_was_cut_off_is_none(rows: list[tuple[object, ...]], data: st.DataObject) -> None:
    entry = packed(answer(*rows))
    assert entry is not None
    body_bytes = len(entry) - entry.index(b"\n", len(GENERATIONS) + 1) - 1
    cut = data.draw(st.integers(1, max(1, body_bytes)))

    assert unpacked(entry[:-cut]) != answer(*rows)


def test_another_form_is_not_read() -> None:
    entry = packed(answer((b"a",)))

    assert entry is not None
    assert unpacked(entry.replace(b"\n1 ", b"\n2 ")) is None
