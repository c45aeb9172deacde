"""Tokens as an identity provider signs them, and as an attacker would."""

import time
from base64 import urlsafe_b64encode
from typing import Any

import orjson
from joserfc import jws
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey

ISSUER, AUDIENCE = "https://id.example.org", "shop"

Key = RSAKey | ECKey | OKPKey | OctKey


def rsa(key_id: str = "rsa-1") -> RSAKey:
    return RSAKey.generate_key(2048, {"kid": key_id})


def curve(key_id: str = "ec-1") -> ECKey:
    return ECKey.generate_key("P-256", {"kid": key_id})


def edwards(key_id: str = "ed-1") -> OKPKey:
    return OKPKey.generate_key("Ed25519", {"kid": key_id})


def secret(key_id: str = "hs-1") -> OctKey:
    return OctKey.generate_key(256, {"kid": key_id})


def public_set(*keys: Key) -> bytes:
    """The keys as a provider publishes them."""
    return orjson.dumps({"keys": [key.as_dict(private=isinstance(key, OctKey)) for key in keys]})


def claims(**changed: Any) -> dict[str, Any]:
    """Those of a good token; None leaves one out."""
    now = int(time.time())
    known = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": "ada",
        "jti": "token-1",
        "iat": now,
        "exp": now + 300,
        "roles": ["staff"],
    }
    return {name: value for name, value in {**known, **changed}.items() if value is not None}


def signed(key: Key, algorithm: str, header: dict[str, Any] | None = None, **changed: Any) -> str:
    """A token; `header` is put over the usual one, None leaves a member out."""
    usual = {"alg": algorithm, "kid": key.kid, "typ": "JWT"}
    whole = {name: value for name, value in {**usual, **(header or {})}.items() if value is not None}
    return assembled(whole, orjson.dumps(claims(**changed)), key, algorithm=algorithm)


def assembled(header: dict[str, Any], payload: bytes, key: Key, *, algorithm: str) -> str:
    """A token signed rightly, also over a header that no library would write."""
    unsigned = f"{encoded(orjson.dumps(header))}.{encoded(payload)}"
    signature = jws.JWSRegistry.algorithms[algorithm].sign(unsigned.encode(), key)
    return f"{unsigned}.{encoded(signature)}"


def encoded(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()
