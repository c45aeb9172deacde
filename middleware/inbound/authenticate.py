"""The layer that finds out who calls, from the credential a request brings.

A request without credentials goes on as nobody's. One with a credential that is not taken is refused (401), also where
anyone is let in: a caller that believes to be somebody must not be answered as nobody.
"""

import random
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Protocol, get_args

from aiohttp import hdrs, web

from middleware.errors import Problem, TooManyRequests, Unauthenticated
from middleware.inbound.challenge import INVALID_TOKEN, challenge
from middleware.inbound.exchange import Exchange
from middleware.inbound.failed_attempts import FAILED_ATTEMPTS, FailedAttempts
from middleware.inbound.identify import CONTEXT
from middleware.inbound.principal import Principal
from middleware.inbound.rate_limit import too_many
from middleware.inbound.request_plan import Layer
from telemetry.events import (
    Authenticated,
    AuthenticationFailed,
    AuthenticationFailure,
    CredentialKind,
    CredentialMethod,
    Observe,
)
from telemetry.observers import bound

_SCHEME = "bearer "
_NO_BEARER = "Send one Authorization header: Bearer and a key or a token."
_LIMITED = "Too many credentials from your address were not taken; come back later."


class CredentialRefused(Unauthenticated):
    """This credential is not taken.

    The sentence says why where that helps its holder; `credential_id` is empty where the credential tells none.
    """

    def __init__(
        self,
        detail: str = "",
        *,
        outcome: AuthenticationFailure,
        method: CredentialMethod = "other",
        credential_id: str = "",
    ) -> None:
        super().__init__(detail)
        self.outcome: AuthenticationFailure = outcome
        self.method: CredentialMethod = method
        self.credential_id = credential_id


class Authenticator(Protocol):
    """Tells whose a credential is."""

    def remembered(self, credential: str) -> Principal | None:
        """Whose it is, where that was found out a moment ago; raises Unavailable where it can no longer be relied on.

        It asks nobody: it is on the way of every request.
        """

    def has_met(self, credential: str) -> bool:
        """Whether it was good not long ago, though that has to be found out anew."""

    async def verify(self, credential: str) -> Principal:
        """Find out whose it is; raises CredentialRefused, and a Problem where that cannot be found out."""


@dataclass(frozen=True, slots=True)
class Authentication:
    """What the layer needs: who tells whose a credential is, and how often an address may fail; None for endlessly."""

    authenticator: Authenticator
    failures: FailedAttempts | None = None


def authenticate(
    authentication: Authentication,
    observe: Observe,
    *,
    realm: str,
    jitter: Callable[[], float] = random.random,
) -> Layer:
    """Put who calls at `request[PRINCIPAL]`; raise Unauthenticated for a credential that is not taken."""
    tell_taken = {kind: bound(observe, Authenticated(method=kind)) for kind in get_args(CredentialKind)}
    checked = _Check(
        authentication=authentication,
        observe=observe,
        tell_taken=tell_taken,
        realm=realm,
        jitter=jitter,
    )

    def check(exchange: Exchange) -> Awaitable[None] | None:
        given = exchange._headers.getall(hdrs.AUTHORIZATION, None)  # noqa: SLF001 - the property costs as much again
        if given is None:
            return None
        exchange.context.recording.reach("authenticate")
        principal = checked.remembered(given)
        if principal is None:
            return checked.find(exchange, given)
        exchange.is_from(principal)
        tell_taken[principal.credential_kind]()
        return None

    return lambda _place: check


@dataclass(frozen=True, slots=True, kw_only=True)
class _Check:
    authentication: Authentication
    observe: Observe
    tell_taken: Mapping[CredentialKind, Callable[[], object]]
    realm: str
    jitter: Callable[[], float]

    async def find(self, exchange: Exchange, given: list[str]) -> None:
        """Find out who calls."""
        principal = await self.principal(exchange, given)
        exchange.is_from(principal)
        self.tell_taken[principal.credential_kind]()

    def remembered(self, given: list[str]) -> Principal | None:
        """Who calls, where nothing is wrong and nothing has to be waited for: the way of nearly every request."""
        try:
            return self.authentication.authenticator.remembered(_credential_in(given))
        except Problem:
            return None

    async def principal(self, request: web.Request, given: list[str]) -> Principal:
        try:
            return await self._found(request, given)
        except CredentialRefused as refused:
            self._tell(request, refused)
            await self._count(request)
            told = challenge(self.realm, INVALID_TOKEN, description=refused.detail)
            raise Unauthenticated(refused.detail, headers=told, reason=refused.outcome) from refused

    async def _found(self, request: web.Request, given: list[str]) -> Principal:
        credential = _credential_in(given)
        authenticator = self.authentication.authenticator
        try:
            principal = authenticator.remembered(credential)
            if principal is not None:
                return principal
            if not authenticator.has_met(credential):
                self._hear(request)
            return await authenticator.verify(credential)
        except (CredentialRefused, TooManyRequests):
            raise
        except Problem:
            self._tell(request, CredentialRefused(outcome="unavailable"))
            raise

    def _hear(self, request: web.Request) -> None:
        """Refuse, without looking at its credential, an address that has failed too often."""
        failures = self.authentication.failures
        silenced = None if failures is None else failures.silenced(request)
        if silenced is not None:
            self._tell(request, CredentialRefused(outcome="limited"))
            raise too_many(request, FAILED_ATTEMPTS, taken=silenced, jitter=self.jitter(), detail=_LIMITED)

    async def _count(self, request: web.Request) -> None:
        failures = self.authentication.failures
        if failures is None:
            return
        taken = await failures.count(request)
        if not taken.is_allowed:
            raise too_many(request, FAILED_ATTEMPTS, taken=taken, jitter=self.jitter(), detail=_LIMITED)

    def _tell(self, request: web.Request, refused: CredentialRefused) -> None:
        context = request[CONTEXT]
        self.observe(
            AuthenticationFailed(
                method=refused.method,
                outcome=refused.outcome,
                credential_id=refused.credential_id,
                request_id=context.request_id,
                trace_id=context.trace_id,
            )
        )


def _credential_in(given: list[str]) -> str:
    value = given[0]
    if len(given) > 1 or value[: len(_SCHEME)].lower() != _SCHEME:
        raise CredentialRefused(_NO_BEARER, outcome="malformed")
    return value[len(_SCHEME) :].strip(" ")
