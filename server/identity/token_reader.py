"""Reads a JSON Web Token: what it may look like, and what of it must hold. The one file that verifies a signature.

What a header may contain is decided before a signature is looked at, and by us alone: the algorithms are those that
were set, the key is one of the set's (RFC 8725, 3.1), and a header that brings a key or an extension is refused.
"""

import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import orjson
from joserfc import jws
from joserfc.errors import BadSignatureError, JoseError, SecurityWarning
from joserfc.util import urlsafe_b64decode

from server.identity.key_set import PublicKey
from server.identity.token_claims import Claims, refused

TOKEN_BYTES_AT_MOST = 8_192
"""As much as most servers take for a header; a token of many roles has 2 to 4 kB."""

LEEWAY_SECONDS = 30.0
"""How far the clocks of whoever signs and of this machine may be apart; synchronized ones are under a second."""

_FORBIDDEN_HEADERS = frozenset({"crit", "jwk", "jku", "x5u", "x5c", "b64", "zip", "enc"})
"""Extensions we know none of, and keys that the token brings along to be believed (RFC 7515, 4.1)."""

_TYPES = frozenset({"jwt", "at+jwt", "application/at+jwt"})
"""An access token (RFC 9068) or one that does not say; a token made for something else says so (RFC 8725, 3.11)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenPolicy:
    """Whose tokens are taken, made for whom, and signed how."""

    issuer: str
    audience: str
    algorithms: tuple[str, ...]
    leeway_seconds: float = LEEWAY_SECONDS


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A token's parts, of which nothing is believed yet."""

    text: str
    algorithm: str
    key_id: str | None


class TokenReader:
    """Opens tokens and verifies them; each method raises CredentialRefused, with the kind of what is wrong."""

    def __init__(self, policy: TokenPolicy, *, now: Callable[[], float] = time.time) -> None:
        self._policy = policy
        self._now = now

    def opened(self, text: str) -> Opened:
        """Look at the header."""
        if len(text) > TOKEN_BYTES_AT_MOST:
            raise refused("oversized", f"A token has at most {TOKEN_BYTES_AT_MOST} characters.")
        parts = text.split(".")
        if len(parts) != 3:  # noqa: PLR2004 - header, payload, signature (RFC 7515, 7.1)
            raise refused("malformed", "This is neither a key of this service nor a token.")
        header = _object(parts[0])
        if not _FORBIDDEN_HEADERS.isdisjoint(header):
            raise refused("bad_header", "The token's header says more than it may.")
        kind, key_id, algorithm = header.get("typ", "JWT"), header.get("kid"), header.get("alg")
        if not isinstance(kind, str) or kind.lower() not in _TYPES:
            raise refused("bad_header", "The token is none for access.")
        if key_id is not None and not isinstance(key_id, str):
            raise refused("bad_header", "The token's key has no name.")
        if not isinstance(algorithm, str) or algorithm not in self._policy.algorithms:
            raise refused("bad_algorithm", "The token is signed in a way that is not taken.")
        return Opened(text=text, algorithm=algorithm, key_id=key_id)

    def verified(self, token: Opened, key: PublicKey) -> Claims:
        """Verify the signature, then what the token says of its issuer, its audience and its time."""
        claims = _object(_payload(token, key))
        if claims.get("iss") != self._policy.issuer:
            raise refused("wrong_issuer", "The token is from somebody else.")
        audience = claims.get("aud")
        if self._policy.audience not in (audience if isinstance(audience, list) else [audience]):
            raise refused("wrong_audience", "The token was made for somebody else.")
        if self.seconds_left(claims) <= 0:
            raise refused("expired", "The token has expired.")
        for name in ("nbf", "iat"):
            since = claims.get(name, 0)
            if not _is_time(since):
                raise refused("bad_claims", f"The token's {name} is no time.")
            if since - self._policy.leeway_seconds > self._now():
                raise refused("not_yet_valid", "The token is not valid yet.")
        return claims

    def seconds_left(self, claims: Claims) -> float:
        """How long the token may still be taken."""
        end: Any = claims.get("exp")
        if not _is_time(end):
            raise refused("bad_claims", "The token says not when it expires.")
        return float(end) + self._policy.leeway_seconds - self._now()


def _payload(token: Opened, key: PublicKey) -> str:
    if not key.takes(token.algorithm):
        raise refused("bad_algorithm", "The token's key is none for the way it is signed.")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SecurityWarning)  # of EdDSA's old name, which identity providers still use
            jws.deserialize_compact(token.text, key.key, algorithms=[token.algorithm])
    except BadSignatureError as error:
        raise refused("bad_signature", "The token's signature does not hold.") from error
    except (JoseError, ValueError, TypeError) as error:
        raise refused("malformed", "The token cannot be read.") from error
    return token.text.split(".")[1]


def _object(part: str) -> dict[str, Any]:
    """A part of a token as JSON; orjson bounds its depth."""
    try:
        found = orjson.loads(urlsafe_b64decode(part.encode("ascii")))
    except (ValueError, UnicodeEncodeError) as error:
        raise refused("malformed", "The token cannot be read.") from error
    if not isinstance(found, dict):
        raise refused("malformed", "The token cannot be read.")
    return found


def _is_time(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
