"""What a key may be asked to be, and how its life is typed."""

import pytest

from server.commands.duration import seconds_of
from server.identity.key_grants import GrantWrong, KeyWish, granted
from storage.credentials.stored_key import KeyGrant


def test_a_wish_is_granted_in_order_and_without_slashes() -> None:
    wish = KeyWish(roles=["staff", "admin", "staff"], resources=["/products", "orders"], name="feed", tenant="acme")

    assert granted(wish, expires_in_seconds=60.0) == KeyGrant(
        name="feed",
        subject="",
        roles=("admin", "staff"),
        tenant="acme",
        resources=("orders", "products"),
        expires_in_seconds=60.0,
    )


def test_a_wish_for_nothing_is_a_key_without_roles_for_all_resources() -> None:
    assert granted(KeyWish(), expires_in_seconds=None) == KeyGrant(name="", subject="", roles=())


def test_everything_wrong_is_said_at_once() -> None:
    wish = KeyWish(roles=["a b"], resources=["/"], name="n\n", tenant="", limit_factor=0)

    with pytest.raises(GrantWrong) as raised:
        granted(wish, expires_in_seconds=1e12)

    assert raised.value.sentences == (
        "'a b' is no role: letters, digits, and . _ : - after the first.",
        "'/' is no resource: its path, as products for /products.",
        "A name has at most 200 printable characters.",
        "A tenant has a name.",
        "A limit factor is a number from 0.01 to 1,000.",
        "A key lives for at most ten years, or never expires.",
    )


@pytest.mark.parametrize(("text", "seconds"), [("1s", 1), ("30m", 1_800), ("24h", 86_400), ("2w", 1_209_600)])
def test_a_duration_is_a_number_and_a_unit(text: str, seconds: int) -> None:
    assert seconds_of(text) == seconds


@pytest.mark.parametrize("text", ["", "d", "0d", "-1d", "1.5h", "1y", "1 d", "٣d", "9999999d"])
def test_anything_else_is_none(text: str) -> None:
    with pytest.raises(ValueError, match="a number and s, m, h, d or w"):
        seconds_of(text)
