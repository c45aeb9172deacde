"""Query strings: parameters decoded once each, and every fault noted."""

import pytest

from middleware.errors import Malformed
from server.requests.query_string import PARAMETERS_MAXIMUM, Reading, read_parameters


def read(raw: str) -> tuple[dict[str, str], list[tuple[str | None, str]]]:
    reading = Reading()
    given = read_parameters(raw, reading)
    return given, [(fault.parameter, fault.code) for fault in reading.faults]


@pytest.mark.parametrize(
    ("raw", "given"),
    [
        ("", {}),
        ("&&", {}),
        ("a=b", {"a": "b"}),
        ("a", {"a": ""}),
        ("a=", {"a": ""}),
        ("=", {"": ""}),
        ("a=b=c", {"a": "b=c"}),
        ("a+b=c+d", {"a b": "c d"}),
        ("a%5B%5D=%26%3D%2B", {"a[]": "&=+"}),
        ("%C3%A9=é", {"é": "é"}),
        ("a;b=c", {"a;b": "c"}),
        ("a=%zz%", {"a": "%zz%"}),
    ],
)
def test_parameters_are_decoded(raw: str, given: dict[str, str]) -> None:
    assert read(raw) == (given, [])


def test_what_cannot_be_read_is_noted_and_left_out() -> None:
    raw = "a=1&b=%FF&%FF=1&c=%00&a=2&\udcff=1&d=1"

    assert read(raw) == (
        {"a": "1", "d": "1"},
        [
            ("b", "invalid_unicode"),
            ("%FF", "invalid_unicode"),
            ("c", "nul_character"),
            ("a", "repeated"),
            ("\\udcff", "invalid_unicode"),
        ],
    )


def test_too_many_parameters_are_told_by_the_first_too_many() -> None:
    raw = "&".join(f"p{place}=1" for place in range(PARAMETERS_MAXIMUM + 5))

    given, faults = read(raw)

    assert (len(given), faults) == (PARAMETERS_MAXIMUM, [(f"p{PARAMETERS_MAXIMUM}", "too_many_parameters")])


def test_a_reading_ends_well_or_with_all_its_faults() -> None:
    reading = Reading()
    reading.end()
    for place in range(200):
        reading.refuse(f"p{place}", "unknown", detail="it is unknown")

    with pytest.raises(Malformed) as caught:
        reading.end()

    assert [fault.parameter for fault in caught.value.faults] == [f"p{place}" for place in range(100)]


def test_a_list_may_be_given_again_and_again_and_counts_as_one_parameter() -> None:
    reading = Reading()
    pairs = [f"id[in]={place}" for place in range(PARAMETERS_MAXIMUM * 2)]

    given = read_parameters("&".join(["a=1", *pairs, "a=2"]), reading, is_list=lambda name: name == "id[in]")

    assert given == {"a": "1", "id[in]": "0"}
    assert reading.more == {"id[in]": [str(place) for place in range(1, PARAMETERS_MAXIMUM * 2)]}
    assert [fault.code for fault in reading.faults] == ["repeated"]
