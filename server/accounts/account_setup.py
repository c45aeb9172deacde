"""Puts together what accounts take; slow to import, so only imported where a service declares them."""

import asyncio
from dataclasses import dataclass

from server.accounts.access_tokens import AccessTokenMaker, AccessTokenPolicy, AccessTokens, Trust
from server.accounts.account_office import AccountDesk
from server.accounts.account_register import AccountRegister, Passwords
from server.accounts.ended_sessions import EndedSessions
from server.accounts.refresh_tokens import AccountSecret
from server.accounts.sessions import SessionPolicy, Sessions, Telling
from server.accounts.signing_keys import SigningKeys
from server.accounts.token_kinds import TokenKinds
from server.identity.callers import TokenParts
from server.identity.revocation_watch import RevocationWatch, Stamp
from server.identity.token_reader import LEEWAY_SECONDS
from server.identity.verified import Verified
from server.service import Accounts, Service
from storage.credentials.account_table import AccountTable
from storage.credentials.session_table import SessionTable
from storage.credentials.signing_key_table import SigningKeyTable
from storage.runner import Runner

_MINUTE_SECONDS, _DAY_SECONDS = 60, 86_400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountBasis:
    """What accounts stand on."""

    runner: Runner
    stamp: Stamp
    secret: AccountSecret
    passwords: Passwords


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountParts:
    """What deals with accounts, and what takes their tokens."""

    desk: AccountDesk
    tokens: TokenParts

    def beside(self, provider: TokenParts | None) -> TokenParts:
        """Their tokens and those of an identity provider, each taken by its own."""
        if provider is None:
            return self.tokens

        async def run() -> None:
            await asyncio.gather(self.tokens.run(), provider.run())

        kinds = TokenKinds(self.tokens.authenticator, provider.authenticator)
        return TokenParts(kinds, run=run, close=provider.close)


async def account_parts(service: Service, declared: Accounts, *, basis: AccountBasis) -> AccountParts:
    """The parts, ready; raises what Postgres raises, as the first of the keys is made here."""
    keys = SigningKeys(SigningKeyTable(basis.runner), basis.secret.sealing_key)
    sessions, verified = SessionTable(basis.runner), Verified()
    policy = _policy(service, declared)

    async def read_keys_again() -> None:
        await keys.refresh()
        verified.doubt_all()

    ended = EndedSessions(sessions, kept_seconds=policy.seconds + LEEWAY_SECONDS, on_other_keys=read_keys_again)
    watch = RevocationWatch(basis.stamp, on_change=ended.hear)
    await keys.open()
    await ended.hear()
    await watch.look()

    async def run() -> None:
        await asyncio.gather(watch.run(), ended.run(), keys.run())

    trust = Trust(verified=verified, ended=ended, watch=watch)
    desk = AccountDesk(
        register=AccountRegister(AccountTable(basis.runner), basis.passwords),
        sessions=Sessions(
            sessions,
            SessionPolicy(
                realm=service.name,
                idle_seconds=declared.idle_days * _DAY_SECONDS,
                session_seconds=declared.session_days * _DAY_SECONDS,
            ),
            secret=basis.secret,
            maker=AccessTokenMaker(policy, keys),
            telling=Telling(stamp=basis.stamp, ended=ended),
        ),
        published_keys=lambda: keys.published,
        realm=service.name,
        sign_up_roles=tuple(declared.roles),
    )
    return AccountParts(desk=desk, tokens=TokenParts(AccessTokens(policy, service, keys=keys, trust=trust), run=run))


def _policy(service: Service, declared: Accounts) -> AccessTokenPolicy:
    seconds = declared.access_minutes * _MINUTE_SECONDS
    return AccessTokenPolicy(issuer=f"mainstay:{service.name}", audience=service.name, seconds=seconds)
