"""Whose an API key is: from memory, or from the table of keys."""

from collections.abc import Callable
from typing import Protocol

from middleware.errors import Unavailable
from middleware.inbound.authenticate import CredentialRefused
from middleware.inbound.principal import Principal, Scopes
from server.identity.key_text import digest_of, id_in
from server.identity.key_uses import KeyUses
from server.identity.revocation_watch import RevocationWatch
from server.identity.single_flight import SingleFlight
from server.identity.verified import Verified
from storage.credentials.stored_key import StoredKey

ADMIN = "admin"
"""The role whose keys are refused while it cannot be known whether they are revoked."""

_NOT_CURRENT = "Whether this key has been revoked cannot be checked just now, and an admin's is not taken unchecked."


class Keys(Protocol):
    """The table of keys."""

    async def find(self, digest: bytes) -> StoredKey | None:
        """The key of this SHA-256; raises a Problem where that cannot be found out."""


LimitFactor = Callable[[frozenset[str]], float]
"""How many times the declared limits whoever holds these roles has."""


class ApiKeys:
    """An Authenticator for keys of ours.

    A key is looked up once a minute, and again after any key is revoked. A key with the role `admin` is taken only
    while `watch` hears of revocations; any other outlives one that cannot be heard of by that minute at most.
    """

    def __init__(
        self, keys: Keys, *, verified: Verified, watch: RevocationWatch, uses: KeyUses, limit_factor: LimitFactor
    ) -> None:
        self._keys = keys
        self._verified = verified
        self._watch = watch
        self._uses = uses
        self._limit_factor = limit_factor
        self._look_ups = SingleFlight(self._look_up)

    def remembered(self, credential: str) -> Principal | None:
        """Whose it is, if it was looked up in the last minute; raises Unavailable for an admin's in the dark."""
        principal = self._verified.principal(digest_of(credential))
        return None if principal is None else self._taken(principal)

    def has_met(self, credential: str) -> bool:
        """Whether it was good when last looked up."""
        return self._verified.has_met(digest_of(credential))

    async def verify(self, credential: str) -> Principal:
        """Look it up; raises CredentialRefused, and what the table raises."""
        key_id = id_in(credential)
        if key_id is None:
            raise CredentialRefused(
                "This is no key of this service; was it copied whole?", outcome="malformed", method="api_key"
            )
        digest = digest_of(credential)
        generation = self._verified.generation
        stored = await self._look_ups.get((digest, generation))
        if stored is None or stored.revoked_at is not None or _has_expired(stored):
            self._verified.forget(digest)
            raise _refusal(stored, key_id)
        principal = self._principal(stored)
        self._verified.remember(digest, principal, generation=generation, seconds=stored.expires_in_seconds)
        return self._taken(principal)

    async def _look_up(self, wanted: tuple[bytes, int]) -> StoredKey | None:
        """By digest and generation: nobody joins a look-up that began before the last revocation was heard of."""
        return await self._keys.find(wanted[0])

    def _taken(self, principal: Principal) -> Principal:
        if ADMIN in principal.roles and not self._watch.is_current:
            raise Unavailable(_NOT_CURRENT)
        self._uses.used(principal.credential_id)
        return principal

    def _principal(self, stored: StoredKey) -> Principal:
        roles = frozenset(stored.roles)
        is_fenced = stored.resources is not None or not stored.may_write
        resources = None if stored.resources is None else frozenset(stored.resources)
        return Principal(
            subject=stored.subject,
            roles=roles,
            tenant=stored.tenant,
            scopes=Scopes(resources=resources, may_write=stored.may_write) if is_fenced else None,
            credential_id=stored.id,
            credential_kind="api_key",
            limit_factor=self._limit_factor(roles) if stored.limit_factor is None else stored.limit_factor,
        )


def _has_expired(stored: StoredKey) -> bool:
    return stored.expires_in_seconds is not None and stored.expires_in_seconds <= 0


def _refusal(stored: StoredKey | None, key_id: str) -> CredentialRefused:
    """Whoever holds the very key may know what became of it; who does not is told nothing of any key."""
    if stored is None:
        return CredentialRefused(
            "This key is not known here.", outcome="unknown", method="api_key", credential_id=key_id
        )
    if stored.revoked_at is not None:
        return CredentialRefused(
            "This key has been revoked.", outcome="revoked", method="api_key", credential_id=key_id
        )
    return CredentialRefused("This key has expired.", outcome="expired", method="api_key", credential_id=key_id)
