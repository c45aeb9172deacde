"""Tokens of an identity provider, as an operator sets them up and callers bring them."""

from pathlib import Path

import pytest

from tests.acceptance.http_pages import api
from tests.acceptance.identity_provider import WORDS, provider
from tests.acceptance.service_process import mainstay, service
from tests.source_tree import PROJECT
from tests.web_tokens import curve, rsa, signed

SHOP = PROJECT / "examples" / "shop" / "service.py"
STAFF_S = "/categories/none"
"""What only staff may delete, were it there."""
KEY, NEXT = rsa(), curve("next")


async def test_a_token_opens_what_its_roles_open(data_dir: Path) -> None:
    async with (
        provider(KEY) as published,
        service(SHOP, data_dir, JWKS_URL=published.url, **WORDS) as running,
        api(running.base_url) as shop,
    ):
        tokens = {
            "staff": signed(KEY, "RS256"),
            "nobody": signed(KEY, "RS256", roles=[]),
            "expired": signed(KEY, "RS256", exp=1),
            "next": signed(NEXT, "ES256"),
            "stranger": signed(rsa(), "RS256"),
            "": "a.b.c",
        }
        bearers = {who: f"Bearer {token}" for who, token in tokens.items()}
        statuses = {who: (await shop("DELETE", STAFF_S, Authorization=one)).status for who, one in bearers.items()}
        key = (await mainstay("key", "create", "--role", "staff", data_dir=data_dir)).output.strip()
        by_key = (await shop("DELETE", STAFF_S, Authorization=f"Bearer {key}")).status

    assert statuses == {"staff": 404, "nobody": 403, "expired": 401, "next": 401, "stranger": 401, "": 401}
    assert (by_key, published.asked) == (404, 1)
    assert tokens["staff"].split(".")[2] not in running.log.read_text()


async def test_keys_in_a_file_need_no_provider(data_dir: Path, tmp_path: Path) -> None:
    file = tmp_path / "key.pem"
    file.write_bytes(NEXT.as_pem(private=False))
    token = signed(NEXT, "ES256")
    async with (
        service(SHOP, data_dir, JWT_KEY_FILE=str(file), **WORDS) as running,
        api(running.base_url) as shop,
    ):
        answer = await shop("GET", "/customers", Authorization=f"Bearer {token}")

    assert answer.status == 200


async def test_a_provider_that_is_away_is_a_503_and_keeps_nothing_else_from_working(data_dir: Path) -> None:
    settings = {"JWKS_URL": "http://127.0.0.1:9/keys", **WORDS}
    async with service(SHOP, data_dir, **settings) as running, api(running.base_url) as shop:
        refused = await shop("GET", "/customers", Authorization=f"Bearer {signed(KEY, 'RS256')}")
        anybody = await shop("GET", "/products")

    assert (refused.status, refused.body["detail"]) == (
        503,
        "The keys that tokens are signed with cannot be fetched just now.",
    )
    assert anybody.status == 200


@pytest.mark.parametrize(
    ("settings", "code", "sentence"),
    [
        ({"JWKS_URL": "http://id.example.org/keys", **WORDS}, 2, "MAINSTAY_JWKS_URL: whoever can change the keys"),
        ({"JWT_KEY_FILE": "/nowhere/key.pem", **WORDS}, 1, "MAINSTAY_JWT_KEY_FILE: /nowhere/key.pem cannot be read"),
        ({"JWT_KEY_FILE": str(SHOP), **WORDS}, 1, "This is neither JSON nor PEM."),
        ({"JWT_KEY_FILE": str(SHOP)}, 2, "MAINSTAY_JWT_ISSUER: tokens are taken from one issuer"),
    ],
)
async def test_settings_that_cannot_work_keep_it_from_starting(
    data_dir: Path, settings: dict[str, str], code: int, sentence: str
) -> None:
    finished = await mainstay("serve", str(SHOP), data_dir=data_dir, **settings)

    assert finished.code == code
    assert sentence in finished.errors
