"""Where upstreams are, as the environment says, and that no sentence tells a secret."""

from pathlib import Path

import pytest
from yarl import URL

from server.service import Upstream
from server.settings import SettingsWrong, read_settings
from server.upstreams.destination import AddressRefused, Destination, destination, read_destinations

PAYMENTS = Upstream("payments", base_url_env="PAYMENTS_URL", bearer_env="PAYMENTS_TOKEN")
STOCK = Upstream("stock", base_url_env="STOCK_URL", base_url="http://127.0.0.1:9000/")


def test_an_address_comes_from_the_environment_or_else_from_the_declaration() -> None:
    found, wrong = read_destinations(
        [PAYMENTS, STOCK], {"PAYMENTS_URL": "https://pay.example.com/v1/", "PAYMENTS_TOKEN": "s3cret"}
    )

    assert (found, wrong) == (
        {
            "payments": Destination(base_url=URL("https://pay.example.com/v1"), authorization="Bearer s3cret"),
            "stock": Destination(base_url=URL("http://127.0.0.1:9000")),
        },
        [],
    )


def test_both_may_lie_in_files(tmp_path: Path) -> None:
    (tmp_path / "url").write_text("https://pay.example.com\n")
    (tmp_path / "token").write_text("s3cret\n")
    named = {"PAYMENTS_URL_FILE": str(tmp_path / "url"), "PAYMENTS_TOKEN_FILE": str(tmp_path / "token")}

    found, wrong = read_destinations([PAYMENTS], named)

    assert (found["payments"].base_url, found["payments"].authorization, wrong) == (
        URL("https://pay.example.com"),
        "Bearer s3cret",
        [],
    )


def test_credentials_in_an_address_go_where_nobody_sees_them() -> None:
    found = destination("https://user:pa%40ss@pay.example.com/v1")

    assert (found.base_url, found.authorization) == (URL("https://pay.example.com/v1"), "Basic dXNlcjpwYUBzcw==")
    assert "dXNl" not in repr(found)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "is not set"),
        ("pay.example.com", "no http or https URL"),
        ("ftp://hunter2@pay.example.com", "no http or https URL"),
        ("https://", "no http or https URL"),
        ("http://u:hunter2@[::1/", "is no URL"),
        ("http://u:hunter2@host:port", "is no URL"),
        ("https://pay.example.com/?key=hunter2", "a query or a fragment"),
        ("https://pay.example.com/#hunter2", "a query or a fragment"),
    ],
)
def test_what_is_wrong_with_an_address_is_said_without_it(text: str, reason: str) -> None:
    with pytest.raises(AddressRefused, match=reason) as refused:
        destination(text)

    assert "hunter2" not in str(refused.value)


def test_all_that_is_missing_or_wrong_is_told_at_once_with_the_settings() -> None:
    _, wrong = read_destinations([PAYMENTS, STOCK], {"STOCK_URL": "https://u:hunter2@stock?x", "PAYMENTS_TOKEN": ""})

    with pytest.raises(SettingsWrong) as raised:
        read_settings(also_wrong=wrong)

    example = "write it as https://payments.example.com/v1"
    assert raised.value.problems == (
        f"PAYMENTS_URL: is not set; {example}",
        "PAYMENTS_TOKEN: is not set; upstream 'payments' wants a token",
        f"STOCK_URL: has a query or a fragment; {example}",
    )


def test_a_token_that_no_header_can_hold_is_refused_unseen() -> None:
    _, wrong = read_destinations([PAYMENTS], {"PAYMENTS_URL": "https://pay.example.com", "PAYMENTS_TOKEN": "hun\nter2"})

    assert wrong == ["PAYMENTS_TOKEN: holds what no header can hold"]


def test_a_token_and_credentials_together_are_refused() -> None:
    with pytest.raises(AddressRefused, match="one of them"):
        destination("https://user:x@pay.example.com", token="s3cret")  # noqa: S106 - a made-up one
