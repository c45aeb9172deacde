"""JSON text: parsed whole or refused with its code and its place."""

from decimal import Decimal
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from middleware.errors import Malformed
from server.requests.json_document import CONTAINER_VALUES, VALUES_MAXIMUM, read_exact_numbers, read_json

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=8) | st.sampled_from(
    ['"', "\\", ":", "[", ",", "\\u0061"]
)
DOCUMENTS: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=10,
)


def refusal(raw: bytes) -> tuple[str, str | None]:
    """Code and pointer of the one fault."""
    with pytest.raises(Malformed) as caught:
        read_json(raw)
    (fault,) = caught.value.faults
    return fault.code, fault.pointer


@given(document=DOCUMENTS)
def test_a_document_is_read_as_it_stands(document: Any) -> None:
    assert read_json(orjson.dumps(document)) == document
    assert read_json(orjson.dumps(document, option=orjson.OPT_INDENT_2)) == document


@given(before=DOCUMENTS, key=TEXTS, first=DOCUMENTS, second=DOCUMENTS)
def test_equal_keys_are_found_wherever_they_are(before: Any, key: str, first: Any, second: Any) -> None:
    name = orjson.dumps(key)
    twice = b"{%b:%b,%b :%b}" % (name, orjson.dumps(first), name, orjson.dumps(second))
    pointer = "/" + key.replace("~", "~0").replace("/", "~1")

    assert refusal(twice) == ("duplicate_key", pointer)
    assert refusal(b"[%b,{%b:%b}]" % (orjson.dumps(before), b'"a/b~"', twice)) == (
        "duplicate_key",
        f"/1/a~1b~0{pointer}",
    )


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"", "missing"),
        (b" \n", "missing"),
        (b"\xff", "invalid_unicode"),
        (b'"\\ud800"', "invalid_unicode"),
        (b"{", "json_invalid"),
        (b"NaN", "json_invalid"),
        (b"1e400", "json_invalid"),
        (b'{"a":1}x', "json_invalid"),
        (b"\xef\xbb\xbf{}", "json_invalid"),
        (b"[" * 1_100 + b"]" * 1_100, "json_too_deep"),
        (b"[" * 202 + b"]" * 202, "json_too_deep"),
        (b"[" * (VALUES_MAXIMUM // CONTAINER_VALUES + 1), "json_too_large"),
        (b"[" + b"0," * VALUES_MAXIMUM + b"0]", "json_too_large"),
        (b"[" + b"[]," * (VALUES_MAXIMUM // (CONTAINER_VALUES + 1)) + b"[]]", "json_too_large"),
    ],
)
def test_what_is_no_json_of_ours_is_refused_by_its_code(raw: bytes, code: str) -> None:
    assert refusal(raw) == (code, "")


def test_as_many_values_as_there_may_be_are_read() -> None:
    numbers = [0] * (VALUES_MAXIMUM - CONTAINER_VALUES)

    assert read_json(orjson.dumps(numbers)) == numbers


def test_brackets_and_commas_within_texts_do_not_count() -> None:
    text = '[{,"\\' * VALUES_MAXIMUM

    assert read_json(orjson.dumps({"text": text})) == {"text": text}


def test_201_levels_are_followed() -> None:
    assert read_json(b"[" * 201 + b"]" * 201)


def test_where_a_document_breaks_off_is_told() -> None:
    with pytest.raises(Malformed) as caught:
        read_json(b'{"a": 1,\n "b": }')

    assert caught.value.faults[0].detail.startswith("line 2, column 7: ")


@pytest.mark.parametrize("number", ["0.12345678901234567", "1e-400", "-1.5e3", "1234567890123456.5"])
def test_a_long_number_is_read_exactly(number: str) -> None:
    raw = f'{{"a":[{number}]}}'.encode()

    assert read_exact_numbers(raw, orjson.loads(raw)) == {"a": [Decimal(number)]}


def test_a_number_beyond_all_exponents_equals_nothing() -> None:
    raw = b'{"a": 1e-99999999999999999999}'

    exact = read_exact_numbers(raw, orjson.loads(raw))["a"]

    assert exact != exact  # noqa: PLR0124 - as a NaN does


def test_short_numbers_are_left_alone() -> None:
    raw = b'{"a":0.1,"b":[-12.5,123456789012345]}'
    document = orjson.loads(raw)

    assert read_exact_numbers(raw, document) is document
