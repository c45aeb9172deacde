"""Both kinds of credentials behind one face: keys of ours by their prefix, everything else a token."""

from middleware.inbound.authenticate import Authenticator
from middleware.inbound.principal import Principal
from server.identity.key_text import KEY_PREFIX


class Credentials:
    """An Authenticator that asks the one the credential belongs to."""

    def __init__(self, api_keys: Authenticator, tokens: Authenticator) -> None:
        self._api_keys = api_keys
        self._tokens = tokens

    def remembered(self, credential: str) -> Principal | None:
        """As theirs."""
        return self._of(credential).remembered(credential)

    def has_met(self, credential: str) -> bool:
        """As theirs."""
        return self._of(credential).has_met(credential)

    async def verify(self, credential: str) -> Principal:
        """As theirs."""
        return await self._of(credential).verify(credential)

    def _of(self, credential: str) -> Authenticator:
        return self._api_keys if credential.startswith(KEY_PREFIX) else self._tokens
