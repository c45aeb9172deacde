"""What an API key looks like: `mainstay_<id>_<secret><checksum>`, which a double click takes whole.

The prefix lets secret scanners find a leaked key; the checksum lets them, and us, tell a key from what merely looks
like one without asking anybody. The id may be shown and logged. The secret has 256 random bits.
"""

import re
import secrets
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256

from storage.credentials.stored_key import KeyName

KEY_PREFIX = "mainstay_"
SECRET_BYTES = 32
_ID_BYTES = 8

_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_ID_CHARACTERS, _SECRET_CHARACTERS, _CHECKSUM_CHARACTERS = 11, 43, 6
"""As many as 64, 256 and 32 bits need in base 62."""
_SHAPE = re.compile(r"mainstay_([0-9A-Za-z]{11})_[0-9A-Za-z]{43}([0-9A-Za-z]{6})", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewKey:
    """A key that was just made; `text` is what its holder gets, once."""

    name: KeyName
    text: str = field(repr=False)


def new_key(*, random_bytes: Callable[[int], bytes] = secrets.token_bytes) -> NewKey:
    """Draw a key."""
    key_id = _in_base_62(int.from_bytes(random_bytes(_ID_BYTES)), _ID_CHARACTERS)
    secret = _in_base_62(int.from_bytes(random_bytes(SECRET_BYTES)), _SECRET_CHARACTERS)
    unchecked = f"{KEY_PREFIX}{key_id}_{secret}"
    text = unchecked + _checksum(unchecked)
    return NewKey(name=KeyName(id=key_id, digest=digest_of(text)), text=text)


def digest_of(credential: str) -> bytes:
    """What is kept of a credential instead of it.

    SHA-256 and no slow hash: those make guessing a person's password dear, but nobody guesses 256 random bits, and a
    slow one would cost every request tens of milliseconds.
    """
    return sha256(credential.encode("utf-8", "surrogateescape")).digest()


def id_in(text: str) -> str | None:
    """The id of a well-formed key; None where it is none, or was copied with a mistake."""
    found = _SHAPE.fullmatch(text)
    if found is None or _checksum(text[:-_CHECKSUM_CHARACTERS]) != found[2]:
        return None
    return found[1]


def _checksum(text: str) -> str:
    return _in_base_62(zlib.crc32(text.encode()), _CHECKSUM_CHARACTERS)


def _in_base_62(number: int, length: int) -> str:
    digits = []
    for _ in range(length):
        number, digit = divmod(number, len(_ALPHABET))
        digits.append(_ALPHABET[digit])
    return "".join(reversed(digits))
