"""What is private is left out of whatever is written down."""

import pytest

from telemetry.private_texts import begin, redacted, remember


@pytest.fixture(autouse=True)
def a_new_request() -> None:
    remember([""])
    begin()


@pytest.mark.parametrize(
    ("known", "text", "left"),
    [
        ("ada@example.org", "no ada@example.org here", "no [private] here"),
        ("Bo", "Bo is no Boolean, BoBo, or Bo.", "[private] is no Boolean, BoBo, or [private]."),
        ("O'Hara", """KeyError("O'Hara")""", """KeyError("[private]")"""),
        ("größe", r"KeyError('gr\xf6\xdfe') größe gr\u00f6\u00dfe", "KeyError('[private]') [private] [private]"),
        ("a\nb", r"'a\nb'", "'[private]'"),
        ("12.50", "12.50 and 112.50", "[private] and 112.50"),
    ],
)
def test_a_known_value_is_left_out_however_it_is_quoted(known: str, text: str, left: str) -> None:
    remember([known])

    assert redacted(text) == left


def test_the_longer_of_two_values_goes_first() -> None:
    remember(["Ada", "Ada Lovelace"])

    assert redacted("Ada Lovelace, Ada") == "[private], [private]"


def test_what_libraries_quote_of_values_is_left_out() -> None:
    text = "1 [type=x, input_value='a\\n, b', input_type=str]\nDETAIL:  Key (email)=(a@b) exists.\nLINE 1"

    assert redacted(text) == "1 [type=x, input_value=[private], input_type=str]\nDETAIL: [private]\nLINE 1"


def test_the_next_request_knows_nothing_of_the_last() -> None:
    remember(["Ada"])

    begin()

    assert redacted("Ada") == "Ada"
