"""Filters' texts by the kind of their field."""

import pytest

from server.requests.filter_values import ValueRefused, filter_value, key_text
from storage.listing import Operator
from storage.record_type import Kind
from tests.unit.openapi_service import TYPES, Product

FIELDS = TYPES[Product].by_name
FIELD_OF: dict[Kind, str] = {
    "string": "sku",
    "integer": "artist_id",
    "decimal": "price",
    "float": "weight",
    "boolean": "sold",
    "datetime": "at",
    "date": "day",
    "uuid": "batch",
    "json": "tags",
}


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("string", "", ""),
        ("string", " a ", " a "),
        ("integer", "-9223372036854775808", "-9223372036854775808"),
        ("integer", "007", "7"),
        ("integer", "-0", "0"),
        ("decimal", "-0.00", "-0.00"),
        ("decimal", "007.50", "7.50"),
        ("decimal", "9" * 1_000 + "." + "9" * 1_000, "9" * 1_000 + "." + "9" * 1_000),
        ("float", "1e22", "1e+22"),
        ("float", "-0.0", "-0.0"),
        ("float", "1e-400", "0.0"),
        ("boolean", "true", "true"),
        ("datetime", "2026-01-31", "2026-01-31T00:00:00+00:00"),
        ("datetime", "2026-01-31T01:00:00.123456789+01:00", "2026-01-31T00:00:00.123456+00:00"),
        ("datetime", "0001-01-01T00:00:00Z", "0001-01-01T00:00:00+00:00"),
        ("date", "0001-01-01", "0001-01-01"),
        ("uuid", "0197F3F56D2C7C3A9F4E2B8F0F3F1C5A", "0197f3f5-6d2c-7c3a-9f4e-2b8f0f3f1c5a"),
        ("json", "red", '"red"'),
        ("json", '"red"', '"red"'),
        ("json", "[1]", "[1]"),
        ("json", "5", "5"),
        ("json", "{x", '"{x"'),
        ("json", 'a"b', '"a\\"b"'),
    ],
)
def test_a_value_becomes_the_text_postgres_reads(kind: Kind, text: str, value: str) -> None:
    assert key_text(FIELDS[FIELD_OF[kind]], text) == value


@pytest.mark.parametrize(
    ("kind", "text", "code"),
    [
        ("string", "x" * 2_001, "string_too_long"),
        ("integer", "1" * 20, "int_parsing"),
        ("integer", " 1", "int_parsing"),
        ("integer", "1_0", "int_parsing"),
        ("decimal", "9" * 1_001, "decimal_parsing"),
        ("decimal", ".5", "decimal_parsing"),
        ("float", ".5", "float_parsing"),
        ("float", "1e309", "float_parsing"),
        ("boolean", "1", "bool_parsing"),
        ("datetime", "1700000000", "datetime_parsing"),
        ("datetime", "2026-01-31junk", "datetime_parsing"),
        ("datetime", "9999-12-31T23:59:59-01:00", "datetime_parsing"),
        ("date", "2026-01-31T00:00:00Z", "date_parsing"),
        ("uuid", "{0197f3f5-6d2c-7c3a-9f4e-2b8f0f3f1c5a}", "uuid_parsing"),
        ("json", '{"a":"\\u0000"}', "nul_character"),
        ("json", '{"a":1' + "0" * 30 + "1}", "integer_out_of_range"),
    ],
)
def test_what_does_not_fit_is_refused_by_its_code(kind: Kind, text: str, code: str) -> None:
    with pytest.raises(ValueRefused) as caught:
        key_text(FIELDS[FIELD_OF[kind]], text)

    assert caught.value.code == code


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("a", ("a",)),
        ("a,b", ("a", "b")),
        ("", ("",)),
        (",", ("", "")),
        ('"a,b",c', ("a,b", "c")),
        ('"say ""hi"""', ('say "hi"',)),
        ('a"b', ('a"b',)),
        ('"a\nb"', ("a\nb",)),
    ],
)
def test_a_list_of_values_is_like_a_line_of_csv(text: str, values: tuple[str, ...]) -> None:
    assert filter_value(FIELDS["sku"], "in", texts=[text]).value == values


@pytest.mark.parametrize(
    ("text", "pattern"),
    [("a*", "a%"), ("*", "%"), ("100%", "100\\%"), ("a_b", "a\\_b"), ("\\*", "\\\\%"), ("a?.", "a?.")],
)
def test_only_a_star_stands_for_anything(text: str, pattern: str) -> None:
    assert filter_value(FIELDS["sku"], "like", texts=[text]).value == pattern


@pytest.mark.parametrize(
    ("operator", "text", "code"),
    [
        ("is", "", "unknown_value"),
        ("in", '"a', "quoting_invalid"),
        ("in", "," * 100, "too_many_values"),
        ("like", "x" * 2_001, "string_too_long"),
        ("contains", "x" * 2_001, "string_too_long"),
    ],
)
def test_what_an_operator_does_not_take_is_refused(operator: Operator, text: str, code: str) -> None:
    with pytest.raises(ValueRefused) as caught:
        filter_value(FIELDS["sku"], operator, texts=[text])

    assert caught.value.code == code


def test_a_closed_set_takes_its_members_alone() -> None:
    assert [key_text(FIELDS["colour"], "red"), key_text(FIELDS["rating"], "03")] == ["red", "3"]
    with pytest.raises(ValueRefused, match="colour is one of red, blue"):
        key_text(FIELDS["colour"], "RED")


@pytest.mark.parametrize(
    ("texts", "values"),
    [
        (["a", "b"], ("a", "b")),
        (["a,b", "c"], ("a", "b", "c")),
        (['"a,b"', 'say "hi"', "c"], ("a,b", 'say "hi"', "c")),
        (["", ""], ("", "")),
    ],
)
def test_a_list_may_come_in_pieces(texts: list[str], values: tuple[str, ...]) -> None:
    assert filter_value(FIELDS["sku"], "in", texts=texts).value == values


@pytest.mark.parametrize(("texts", "code"), [(['"a', 'b"'], "quoting_invalid"), (["a"] * 101, "too_many_values")])
def test_each_piece_of_a_list_is_whole_and_all_are_bounded(texts: list[str], code: str) -> None:
    with pytest.raises(ValueRefused) as caught:
        filter_value(FIELDS["sku"], "nin", texts=texts)

    assert caught.value.code == code
