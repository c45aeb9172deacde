"""Whose a JSON Web Token is: from memory, or by its signature."""

from middleware.inbound.principal import Principal
from server.identity.key_sources import KeySource
from server.identity.key_text import digest_of
from server.identity.token_claims import ClaimReader, refused
from server.identity.token_reader import TokenReader
from server.identity.verified import Verified

_ID_CHARACTERS = 16


class WebTokens:
    """An Authenticator for tokens that somebody else signs.

    A signature is verified on the event loop: that takes less than a tenth of a millisecond whatever the algorithm,
    about what it costs to hand it to a thread and back. A token that was good is remembered for at most a minute, and
    never past its end.
    """

    def __init__(self, reader: TokenReader, claims: ClaimReader, *, keys: KeySource, verified: Verified) -> None:
        self._reader = reader
        self._claims = claims
        self._keys = keys
        self._verified = verified

    def remembered(self, credential: str) -> Principal | None:
        """Whose it is, if it was verified in the last minute."""
        return self._verified.principal(digest_of(credential))

    def has_met(self, credential: str) -> bool:
        """Whether it was good when last verified."""
        return self._verified.has_met(digest_of(credential))

    async def verify(self, credential: str) -> Principal:
        """Verify it; raises CredentialRefused, and Unavailable where there are no keys to verify it with."""
        generation = self._verified.generation
        token = self._reader.opened(credential)
        key = await self._keys.find(token.key_id, token.algorithm)
        if key is None:
            raise refused("unknown_key", "The token is signed with a key that is not known.")
        claims = self._reader.verified(token, key)
        digest = digest_of(credential)
        principal = self._claims.principal(claims, otherwise=digest.hex()[:_ID_CHARACTERS])
        self._verified.remember(digest, principal, generation=generation, seconds=self._reader.seconds_left(claims))
        return principal
