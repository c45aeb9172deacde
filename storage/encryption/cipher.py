"""Encrypts texts and decrypts them, each bound to the column it is in.

    mainstay:1:NAME:DATA      NAME is the key's; DATA the nonce and what AES-256-GCM made, in base64url

The nonce is 96 random bits, as NIST SP 800-38D (8.2.2) has it: good for 2^32 texts a key. Table, column and everything
before DATA are authenticated, so that a text which is moved to another column, or is not ours, does not decrypt.
"""

import base64
import binascii
import os
import re
from collections.abc import Mapping

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

FORM = "mainstay:1"
_NONCE_BYTES = 12
_SEALED = re.compile(rf"{FORM}:([a-z0-9-]{{1,32}}):([A-Za-z0-9_-]+=*)")


class KeyLost(RuntimeError):  # noqa: N818 - it says what happened
    """A text is encrypted with a key that is not there."""


class Cipher:
    """Encrypts with the first of its keys and decrypts with any."""

    def __init__(self, keys: Mapping[str, bytes]) -> None:
        self.current = next(iter(keys))
        self._keys = {name: AESGCM(key) for name, key in keys.items()}

    def seal(self, text: str, *, place: str) -> str:
        """The text, encrypted for a place (`table.column`)."""
        opening = f"{FORM}:{self.current}:"
        nonce = os.urandom(_NONCE_BYTES)
        made = self._keys[self.current].encrypt(nonce, text.encode(), f"{opening}{place}".encode())
        return opening + base64.urlsafe_b64encode(nonce + made).decode()

    def open(self, sealed: str, *, place: str) -> str | None:
        """The text; None for what was not encrypted for this place. Raises KeyLost."""
        found = _SEALED.fullmatch(sealed)
        if found is None:
            return None
        name, data = found.groups()
        key = self._keys.get(name)
        if key is None:
            raise KeyLost(f"there is no key {name} to decrypt {place} with")
        try:
            raw = base64.urlsafe_b64decode(data)
            authenticated = f"{FORM}:{name}:{place}".encode()
            return key.decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], authenticated).decode()
        except (InvalidTag, binascii.Error, ValueError):
            return None

    def is_current(self, sealed: str) -> bool:
        """Whether a text is encrypted with the first key."""
        return sealed.startswith(f"{FORM}:{self.current}:")
