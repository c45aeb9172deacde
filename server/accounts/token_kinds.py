"""Tokens of our own beside those of an identity provider, told apart by the name of the key they are signed with.

Whoever sends a token chooses who looks at it, and gains nothing: each verifies all of it, with keys of its own.
"""

import binascii
from base64 import urlsafe_b64decode

import orjson

from middleware.inbound.authenticate import Authenticator
from middleware.inbound.principal import Principal
from server.accounts.signing_keys import KEY_ID_PREFIX

_HEADER_CHARACTERS_AT_MOST = 512
"""Ours have 90; what is longer is not looked into twice."""


class TokenKinds:
    """An Authenticator that asks the one the token belongs to."""

    def __init__(self, ours: Authenticator, theirs: Authenticator) -> None:
        self._ours = ours
        self._theirs = theirs

    def remembered(self, credential: str) -> Principal | None:
        """As whichever remembers it."""
        return self._ours.remembered(credential) or self._theirs.remembered(credential)

    def has_met(self, credential: str) -> bool:
        """As whichever has."""
        return self._ours.has_met(credential) or self._theirs.has_met(credential)

    async def verify(self, credential: str) -> Principal:
        """As theirs whose it says it is."""
        return await (self._ours if is_ours(credential) else self._theirs).verify(credential)


def is_ours(credential: str) -> bool:
    """Whether the token says it is signed with a key of ours."""
    header = credential.partition(".")[0]
    if len(header) > _HEADER_CHARACTERS_AT_MOST:
        return False
    try:
        told = orjson.loads(urlsafe_b64decode(f"{header}==".encode("ascii")))
    except (ValueError, binascii.Error, UnicodeEncodeError):
        return False
    key_id = told.get("kid") if isinstance(told, dict) else None
    return isinstance(key_id, str) and key_id.startswith(KEY_ID_PREFIX)
