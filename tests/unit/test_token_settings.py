"""What the settings of tokens may not say."""

from pathlib import Path
from typing import Any

import pytest

from server.settings import Settings
from server.token_settings import token_problems

WHOLE = {"jwks_url": "https://id.example.org/keys", "jwt_issuer": "https://id.example.org", "jwt_audience": "shop"}


@pytest.mark.parametrize(
    "given",
    [
        {},
        WHOLE,
        {**WHOLE, "jwks_url": "http://127.0.0.1:9000/keys"},
        {**WHOLE, "jwks_url": "http://[::1]/keys"},
        {**WHOLE, "jwks_url": "http://localhost/keys"},
        {**WHOLE, "jwks_url": "", "jwt_key_file": Path("key.pem")},
        {**WHOLE, "jwks_url": "", "jwt_key_file": Path("secret.json"), "jwt_algorithms": "HS256, HS512"},
        {**WHOLE, "jwt_algorithms": "RS256"},
    ],
)
def test_what_goes_together_is_taken(given: dict[str, Any]) -> None:
    assert [*token_problems(Settings(**given))] == []


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({"jwt_issuer": ""}, "JWT_ISSUER: tokens are taken from one issuer for one audience; say which"),
        ({"jwt_audience": ""}, "JWT_AUDIENCE: tokens are taken from one issuer for one audience; say which"),
        ({"jwt_key_file": Path("key.pem")}, "JWKS_URL and JWT_KEY_FILE: the keys of tokens come from one of them"),
        ({"jwt_algorithms": ""}, "JWT_ALGORITHMS: name at least one"),
        ({"jwt_algorithms": "HS256"}, "JWT_ALGORITHMS: HS256, HS384 and HS512 are for a secret in JWT_KEY_FILE"),
        ({"jwt_algorithms": "none"}, "JWT_ALGORITHMS: 'none' is none of ES256,"),
        ({"jwks_url": "http://id.example.org/keys"}, "JWKS_URL: whoever can change the keys on their way"),
        ({"jwks_url": "file:///etc/keys"}, "JWKS_URL: whoever can change the keys on their way"),
        ({"jwks_url": "https:///keys"}, "JWKS_URL: whoever can change the keys on their way"),
    ],
)
def test_what_does_not_is_said(changed: dict[str, Any], problem: str) -> None:
    (found,) = token_problems(Settings(**{**WHOLE, **changed}))

    assert found.startswith(problem)


def test_words_without_keys_are_a_mistake() -> None:
    given: Any = {"jwt_issuer": "x", "jwt_audience": "y"}

    assert [*token_problems(Settings(**given))] == [
        "JWT_ISSUER: tokens are verified with keys; give JWKS_URL or JWT_KEY_FILE",
        "JWT_AUDIENCE: tokens are verified with keys; give JWKS_URL or JWT_KEY_FILE",
    ]


def test_a_secret_beside_other_keys_is_a_mistake() -> None:
    given: Any = {**WHOLE, "jwks_url": "", "jwt_key_file": "k.json", "jwt_algorithms": "RS256,HS256"}

    (found,) = token_problems(Settings(**given))

    assert found.startswith("JWT_ALGORITHMS: HS256, HS384 and HS512 are for a secret")
