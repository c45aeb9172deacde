"""From a token's claims to a principal, as a service declares."""

from collections.abc import Mapping
from dataclasses import dataclass

from middleware.inbound.authenticate import CredentialRefused
from middleware.inbound.principal import Principal
from server.identity.key_ring import ACCOUNT_SUBJECT, KEY_SUBJECT
from server.service import Service, Tokens
from telemetry.events import AuthenticationFailure

_TEXT_AT_MOST = 255
_ROLES_AT_MOST = 200

Claims = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class ClaimReader:
    """Reads what `Tokens` says from where it says; the claims are those of a token that was verified."""

    service: Service

    def principal(self, claims: Claims, *, otherwise: str) -> Principal:
        """Whom the token speaks for; `otherwise` is its id where it names none. Raises CredentialRefused."""
        words = self.service.identity
        subject = _text(claims, words.subject_claim)
        if subject is None or subject.startswith((KEY_SUBJECT, ACCOUNT_SUBJECT)):
            raise refused("bad_claims", f"The token names no subject in {words.subject_claim}.")
        tenant = _text(claims, words.tenant_claim) if words.tenant_claim else None
        if words.tenant_claim and tenant is None:
            raise refused("bad_claims", f"The token names no tenant in {words.tenant_claim}.")
        roles = _roles(claims, words)
        return Principal(
            subject=subject,
            roles=roles,
            tenant=tenant,
            credential_id=_text(claims, "jti") or otherwise,
            credential_kind="jwt",
            limit_factor=self.service.limit_factor(roles),
        )


def refused(outcome: AuthenticationFailure, detail: str) -> CredentialRefused:
    """What to raise for a token."""
    return CredentialRefused(detail, outcome=outcome, method="jwt")


def _roles(claims: Claims, words: Tokens) -> frozenset[str]:
    """A list of words, or one text with spaces between them; no claim is no roles."""
    found = _at(claims, words.roles_claim)
    if found is None:
        return frozenset()
    listed = found.split() if isinstance(found, str) else found
    if not isinstance(listed, list) or len(listed) > _ROLES_AT_MOST or not all(isinstance(one, str) for one in listed):
        raise refused("bad_claims", f"The token's {words.roles_claim} is no list of roles.")
    return frozenset(listed)


def _text(claims: Claims, place: str) -> str | None:
    found = _at(claims, place)
    if not isinstance(found, str) or not found.isprintable() or not 0 < len(found) <= _TEXT_AT_MOST:
        return None
    return found


def _at(claims: Claims, place: str) -> object:
    """`realm_access.roles` is the claim of that very name, or else `roles` inside `realm_access`."""
    if place in claims:
        return claims[place]
    found: object = claims
    for step in place.split("."):
        if not isinstance(found, dict):
            return None
        found = found.get(step)
    return found
