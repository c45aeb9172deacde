"""The credential of every request: a JSON Web Token that each contestant verifies with the same secret."""

import time
from base64 import urlsafe_b64encode
from pathlib import Path

import orjson
from joserfc import jwt
from joserfc.jwk import OctKey

ISSUER, AUDIENCE = "https://id.example.org", "benchmark"
ALGORITHM = "HS256"
SECRET = "nobody guards anything with this one: it is in the benchmark"  # noqa: S105 - as it says
_VALID_SECONDS = 24 * 3600


def signed_token(caller: str = "caller-1") -> str:
    """A token of one caller, valid for a day."""
    now = int(time.time())
    claims = {"iss": ISSUER, "aud": AUDIENCE, "sub": caller, "iat": now, "exp": now + _VALID_SECONDS}
    return jwt.encode({"alg": ALGORITHM, "kid": "benchmark"}, claims, OctKey.import_key(SECRET))


def write_secret(path: Path) -> Path:
    """The secret as a JWK set (RFC 7517)."""
    key = urlsafe_b64encode(SECRET.encode()).rstrip(b"=").decode()
    path.write_bytes(orjson.dumps({"keys": [{"kty": "oct", "kid": "benchmark", "alg": ALGORITHM, "k": key}]}))
    return path
