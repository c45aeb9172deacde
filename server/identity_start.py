"""Before the first request: who finds out who calls, put together from what is declared and set."""

from contextlib import AsyncExitStack
from dataclasses import dataclass

from server.accounts.account_office import AccountDesk
from server.identity.callers import Callers, TokenParts
from server.service import Accounts, Service
from server.settings import Settings
from storage.postgres.pool import Pool
from storage.redis.client import RedisClient
from storage.redis.revocation_stamp import SESSIONS_STAMP, RevocationStamp
from telemetry.events import Observe


class IdentityUnfit(Exception):  # noqa: N818 - it says what is wrong
    """What is set does not do for telling who calls."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityStart:
    """Starts it; `held` lets go of it."""

    service: Service
    settings: Settings
    observe: Observe
    held: AsyncExitStack

    async def run(self, pool: Pool, redis: RedisClient) -> tuple[Callers, AccountDesk | None]:
        """Who authenticates, and who deals with accounts where there are any; raises IdentityUnfit."""
        tokens, desk = self._tokens(), None
        if self.service.accounts is not None:
            desk, tokens = await self._accounts(self.service.accounts, pool, redis=redis, provider=tokens)
        callers = Callers(pool, RevocationStamp(redis), limit_factor=self.service.limit_factor, tokens=tokens)
        self.held.push_async_callback(callers.close)
        await callers.open()
        return callers, desk

    def _tokens(self) -> TokenParts | None:
        if not self.settings.takes_tokens:
            return None
        from server.identity.token_setup import (  # noqa: PLC0415 - a tenth of a second that a start without tokens saves
            KeyFileUnfit,
            token_parts,
        )

        try:
            return token_parts(self.settings, self.service, observe=self.observe)
        except KeyFileUnfit as error:
            raise IdentityUnfit(str(error)) from error

    async def _accounts(
        self, declared: Accounts, pool: Pool, *, redis: RedisClient, provider: TokenParts | None
    ) -> tuple[AccountDesk, TokenParts]:
        from server.accounts.account_setup import AccountBasis, account_parts  # noqa: PLC0415 - as above
        from server.accounts.password_hashing import PasswordHashing  # noqa: PLC0415 - as above
        from server.accounts.secret_of_accounts import SecretMissing, secret_of_accounts  # noqa: PLC0415 - as above

        try:
            secret = secret_of_accounts(self.settings)
        except (SecretMissing, OSError) as error:
            raise IdentityUnfit(str(error)) from error
        passwords = PasswordHashing(service=self.service.name)
        self.held.callback(passwords.close)
        stamp = RevocationStamp(redis, SESSIONS_STAMP)
        basis = AccountBasis(runner=pool, stamp=stamp, secret=secret, passwords=passwords)
        parts = await account_parts(self.service, declared, basis=basis)
        return parts.desk, parts.beside(provider)
