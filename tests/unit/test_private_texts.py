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
        (
            "Ada",
            r"'x\r\nAda\n' '\x00Ada' '\u2028Ada' xAda",
            r"'x\r\n[private]\n' '\x00[private]' '\u2028[private]' xAda",
        ),
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


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Authorization: Bearer abc.def", "Authorization: [private] [private]"),
        ("sent Bearer a1b2c3 to it", "sent Bearer [private] to it"),
        ("bearer of news", "bearer [private] news"),
        ("no key mainstay_0123456789a_" + "x" * 49, "no key [private]"),
        ("token eyJhbGciOi.eyJzdWIi.c2ln was bad", "token [private] was bad"),
        ("cannot reach postgresql://ada:pw@db:5432/shop", "cannot reach postgresql://[private]@db:5432/shop"),
        ("redis://:pw@cache", "redis://[private]@cache"),
        ("password=hunter2 host=db", "password=[private] host=db"),
        ("{'api_key': 'a b', 'x': 1}", "{'api_key': [private], 'x': 1}"),
        ("client_secret: abc", "client_secret: [private]"),
        ("Set-Cookie: a=b; c", "Set-Cookie: [private]; c"),
        ("GET http://pay/x?card=4111&cvv=1 failed", "GET http://pay/x?[private] failed"),
        ("is it so? a=b", "is it so? a=b"),
        ("syntax error\nLINE 1: SELECT 'x' FROM\n        ^", "syntax error\n[private]"),
        ('invalid input syntax for type uuid: "abc"', "invalid input syntax for type uuid: [private]"),
        ('value "99999" is out of range for type integer', "value [private] is out of range for type integer"),
        ('column "price" does not exist', 'column "price" does not exist'),
    ],
)
def test_credentials_addresses_and_values_of_statements_are_left_out(text: str, left: str) -> None:
    assert redacted(text) == left


def test_what_is_looked_for_once_more_is_left_out_as_well() -> None:
    assert redacted("Ada, O'Hara and Bo", also=["Ada", "O'Hara", "nobody"]) == "[private], [private] and Bo"


def test_the_next_request_knows_nothing_of_the_last() -> None:
    remember(["Ada"])

    begin()

    assert redacted("Ada") == "Ada"
