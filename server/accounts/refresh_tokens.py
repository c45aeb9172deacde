"""What a refresh token looks like: `mainstay_refresh_<session>_<number>_<proof>`.

The proof is an HMAC (RFC 2104) over session and number, under the session's seed and a secret that is not in the
database. So nothing has to be stored of a token, any token of a session can be told from an invented one however old it
is, and the next one is the same however often it is asked for.
"""

import hashlib
import hmac
import re
from dataclasses import dataclass, field

REFRESH_PREFIX = "mainstay_refresh_"
SECRET_CHARACTERS_AT_LEAST = 32
"""`openssl rand -base64 32` has 44; 32 of base 64 are 192 bits."""

_SHAPE = re.compile(rf"{REFRESH_PREFIX}([0-9a-f]{{32}})_([1-9][0-9]{{0,8}})_([0-9a-f]{{64}})", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class RefreshToken:
    """A token taken apart; nothing of it is believed before its proof is compared."""

    session_id: str
    number: int
    proof: str = field(repr=False)


def read_refresh_token(text: str) -> RefreshToken | None:
    """The parts of a token; None where it is none."""
    found = _SHAPE.fullmatch(text)
    return None if found is None else RefreshToken(session_id=found[1], number=int(found[2]), proof=found[3])


@dataclass(frozen=True, slots=True)
class AccountSecret:
    """The one secret of accounts, and what is derived from it: each use has a key of its own."""

    secret: str = field(repr=False)

    @property
    def sealing_key(self) -> bytes:
        """What private halves of signing keys are encrypted with, 256 bits."""
        return self._derived("signing keys")

    def refresh_token(self, session_id: str, number: int, *, seed: str) -> str:
        """The text of a session's token of this number."""
        return f"{REFRESH_PREFIX}{session_id}_{number}_{self._proof(session_id, number, seed=seed)}"

    def gave(self, token: RefreshToken, *, seed: str) -> bool:
        """Whether the token is one of ours; compared in constant time."""
        return hmac.compare_digest(self._proof(token.session_id, token.number, seed=seed), token.proof)

    def _proof(self, session_id: str, number: int, *, seed: str) -> str:
        told = f"{session_id}.{number}.{seed}"
        return hmac.new(self._derived("refresh tokens"), told.encode(), hashlib.sha256).hexdigest()

    def _derived(self, purpose: str) -> bytes:
        return hmac.new(self.secret.encode(), f"mainstay accounts: {purpose}".encode(), hashlib.sha256).digest()
