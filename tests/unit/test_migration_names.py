"""Which renames are due, and in what order."""

from storage.migrations.present_names import due


def test_a_rename_is_due_while_only_the_old_name_is_there() -> None:
    assert due({"color": "colour"}, frozenset({"colour"})) == {"color": "colour"}
    assert due({"color": "colour"}, frozenset({"color"})) == {}
    assert due({"color": "colour"}, frozenset({"color", "colour"})) == {}


def test_a_chain_is_followed_from_its_end() -> None:
    renames = due({"b": "a", "c": "b"}, frozenset({"a", "b"}))

    assert list(renames.items()) == [("c", "b"), ("b", "a")]


def test_what_has_just_been_renamed_is_not_renamed_on() -> None:
    assert due({"b": "a", "c": "b"}, frozenset({"a"})) == {"b": "a"}


def test_one_old_name_becomes_one_new_name() -> None:
    assert due({"b": "a", "c": "a"}, frozenset({"a"})) == {"b": "a"}
