"""Rows become COPY's text format."""

from storage.bulk.copy_text import copy_line


def test_values_stand_side_by_side_and_nothing_is_null() -> None:
    assert copy_line([1, "tea", None, True, 0.5]) == "1\ttea\t\\N\tTrue\t0.5\n"


def test_what_copy_would_take_for_its_own_signs_is_escaped() -> None:
    assert copy_line(["a\tb\nc\rd\\e", "\\N", "\\."]) == "a\\tb\\nc\\rd\\\\e\t\\\\N\t\\\\.\n"
