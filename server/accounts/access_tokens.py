"""The access tokens of accounts: given out here, and taken here unless their session has ended."""

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass

from middleware.errors import Unavailable
from middleware.inbound.principal import Principal
from server.accounts.ended_sessions import EndedSessions
from server.accounts.signing_keys import ALGORITHM, SigningKeys
from server.identity.api_keys import ADMIN
from server.identity.key_ring import ACCOUNT_SUBJECT
from server.identity.key_text import digest_of
from server.identity.revocation_watch import RevocationWatch
from server.identity.token_claims import Claims, refused
from server.identity.token_reader import TokenPolicy, TokenReader
from server.identity.verified import Verified
from server.service import Service
from storage.credentials.session_table import StoredSession

_ID_BYTES = 16
_NOT_CURRENT = "Whether this session has ended cannot be checked just now, and an admin's token is not taken unchecked."


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessTokenPolicy:
    """Who gives tokens out, for whom, and for how long."""

    issuer: str
    audience: str
    seconds: int


class AccessTokenMaker:
    """Makes tokens for sessions."""

    def __init__(self, policy: AccessTokenPolicy, keys: SigningKeys, *, now: Callable[[], float] = time.time) -> None:
        self._policy = policy
        self._keys = keys
        self._now = now

    @property
    def seconds(self) -> int:
        """How long a token lives."""
        return self._policy.seconds

    def made(self, session: StoredSession) -> str:
        """A token that speaks for the session's account; raises Unavailable while there is no key to sign it with."""
        made_at = int(self._now())
        claims = {
            "iss": self._policy.issuer,
            "aud": self._policy.audience,
            "sub": f"{ACCOUNT_SUBJECT}{session.account_id}",
            "sid": session.id,
            "jti": secrets.token_hex(_ID_BYTES),
            "iat": made_at,
            "exp": made_at + self._policy.seconds,
            "roles": list(session.roles),
        }
        return self._keys.signed(claims if session.tenant is None else {**claims, "tenant": session.tenant})


@dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    """What decides whether a token that is signed rightly is taken: what is remembered, what has ended, what is heard.

    An admin's is taken only while `watch` hears of sessions that end.
    """

    verified: Verified
    ended: EndedSessions
    watch: RevocationWatch


class AccessTokens:
    """An Authenticator for them. A token is verified once a minute, and held against the ended sessions each time."""

    def __init__(self, policy: AccessTokenPolicy, service: Service, *, keys: SigningKeys, trust: Trust) -> None:
        taken = TokenPolicy(issuer=policy.issuer, audience=policy.audience, algorithms=(ALGORITHM,))
        self._reader = TokenReader(taken)
        self._service = service
        self._keys = keys
        self._trust = trust

    def remembered(self, credential: str) -> Principal | None:
        """Whose it is, if it was verified in the last minute; raises Unavailable for an admin's in the dark."""
        principal = self._trust.verified.principal(digest_of(credential))
        if principal is None or self._trust.ended.has(principal.credential_id):
            return None
        return self._taken(principal)

    def has_met(self, credential: str) -> bool:
        """Whether it was good when last verified."""
        return self._trust.verified.has_met(digest_of(credential))

    async def verify(self, credential: str) -> Principal:
        """Verify it; raises CredentialRefused, and Unavailable where it cannot be known whether its session ended."""
        generation = self._trust.verified.generation
        token = self._reader.opened(credential)
        key = await self._keys.find(token.key_id, token.algorithm)
        if key is None:
            raise refused("unknown_key", "The token is signed with a key that is not known.")
        claims = self._reader.verified(token, key)
        principal = self._principal(claims)
        digest = digest_of(credential)
        if not self._trust.ended.is_known:
            raise Unavailable
        if self._trust.ended.has(principal.credential_id):
            self._trust.verified.forget(digest)
            raise refused("revoked", "This session has ended: sign in again.")
        left_seconds = self._reader.seconds_left(claims)
        self._trust.verified.remember(digest, principal, generation=generation, seconds=left_seconds)
        return self._taken(principal)

    def _taken(self, principal: Principal) -> Principal:
        if ADMIN in principal.roles and not self._trust.watch.is_current:
            raise Unavailable(_NOT_CURRENT)
        return principal

    def _principal(self, claims: Claims) -> Principal:
        """Whom it speaks for; what we signed is of the form we gave it."""
        found = claims.get("roles")
        roles = frozenset(map(str, found)) if isinstance(found, list) else frozenset[str]()
        tenant = claims.get("tenant")
        return Principal(
            subject=str(claims["sub"]),
            roles=roles,
            tenant=tenant if isinstance(tenant, str) else None,
            credential_id=str(claims["sid"]),
            credential_kind="jwt",
            limit_factor=self._service.limit_factor(roles),
        )
