"""The keys of encrypted fields as a setting has them: `2026b:BASE64,2026a:BASE64`, the one to encrypt with first."""

import base64
import binascii
import re
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime

KEY_BYTES = 32
"""AES-256."""
_NAME = re.compile(r"[a-z0-9-]{1,32}")


class KeysUnfit(ValueError):  # noqa: N818 - it says what is wrong
    """A text does not hold keys; says what is wrong and never the text."""


def read_keys(text: str) -> Mapping[str, bytes]:
    """The keys by their names, in order; raises KeysUnfit."""
    keys: dict[str, bytes] = {}
    for number, one in enumerate(filter(None, re.split(r"[,\s]+", text)), start=1):
        name, colon, encoded = one.partition(":")
        if not colon or not _NAME.fullmatch(name):
            raise KeysUnfit(f"key {number} has no name of a-z, 0-9 and - before a colon: name:base64")
        if name in keys:
            raise KeysUnfit(f"two keys are called {name}")
        keys[name] = _decoded(name, encoded)
    return keys


def new_key_text() -> str:
    """A new key with a name that tells when it was made."""
    made = base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()
    return f"{datetime.now(UTC):%Y%m%d-%H%M%S}:{made}"


def _decoded(name: str, encoded: str) -> bytes:
    try:
        key = base64.b64decode(encoded, validate=True)
    except binascii.Error as error:
        raise KeysUnfit(f"key {name} is not base64") from error
    if len(key) != KEY_BYTES:
        raise KeysUnfit(f"key {name} has {len(key)} bytes and not {KEY_BYTES}")
    return key
