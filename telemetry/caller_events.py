"""What is decided about callers: who they are, what they may do, how much, and whether they repeat themselves."""

from typing import Literal

from telemetry.frozen import frozen

CredentialKind = Literal["api_key", "jwt"]
CredentialMethod = Literal["api_key", "jwt", "other"]
AuthenticationFailure = Literal[
    "malformed",
    "oversized",
    "unknown",
    "expired",
    "revoked",
    "not_yet_valid",
    "wrong_issuer",
    "wrong_audience",
    "bad_header",
    "bad_algorithm",
    "bad_signature",
    "bad_claims",
    "unknown_key",
    "unavailable",
    "limited",
]
"""Why a credential was not taken; `limited`: its address has failed too often to be heard."""

AccessDecision = Literal[
    "admitted", "admitted_own_rows", "refused_unknown", "refused_role", "refused_scope", "refused_tenant"
]
"""Every row, or only those the caller made; or refused: unknown who calls, no role admits, the scope ends here."""

AccountOperation = Literal["sign_up", "sign_in", "refresh", "sign_out", "change_password"]
AccountOutcome = Literal["ok", "refused", "limited", "reused", "error"]
"""Done, or not: as it was wrong, as it was tried too often, as a refresh token came twice, as something was away."""

RateLimitDecision = Literal["allowed", "limited", "allowed_degraded", "limited_degraded"]
IdempotencyOutcome = Literal["stored", "replayed", "in_flight", "reused"]
"""Done, and its answer kept; answered with what was kept; refused, as it is being done, or as its key was another's."""


@frozen
class Authenticated:
    """A request brought a credential that was taken."""

    method: CredentialKind


@frozen
class AuthenticationFailed:
    """A request brought a credential that was not taken.

    `credential_id` names it and does not give it away; it is empty where the credential tells none.
    """

    method: CredentialMethod
    outcome: AuthenticationFailure
    credential_id: str
    request_id: str
    trace_id: str


@frozen
class AccessDecided:
    """A request was held against the access rule of its endpoint."""

    decision: AccessDecision


@frozen
class RateLimitDecided:
    """A request was held against its caller's limit; degraded where the limits all replicas share could not tell."""

    decision: RateLimitDecision


@frozen
class IdempotencyDecided:
    """A request brought a key by which it can be known again."""

    outcome: IdempotencyOutcome


@frozen
class KeySetFetched:
    """The keys that tokens are signed with were asked for: how many there are now, and why no newer ones."""

    outcome: Literal["ok", "error"]
    keys: int
    reason: str
    duration_seconds: float


@frozen
class AccountActed:
    """Somebody signed up, in or out, or went on with a session, or tried to.

    The ids name the account and the session and give nothing away; they are empty where that is not known.
    """

    operation: AccountOperation
    outcome: AccountOutcome
    account_id: str
    session_id: str
    request_id: str
    trace_id: str


CallerEvent = (
    Authenticated
    | AuthenticationFailed
    | AccessDecided
    | RateLimitDecided
    | IdempotencyDecided
    | KeySetFetched
    | AccountActed
)
