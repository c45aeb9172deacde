"""How often passwords may be tried: limits by address, and by account and address, and none by account alone.

A limit of an account alone is a way to lock its owner out from anywhere. So whoever guesses from many addresses is
bounded by what each of them may try, and by how much is hashed at a time.
"""

import random
from collections.abc import Callable

from aiohttp import web

from middleware.errors import TooManyRequests
from middleware.inbound.failed_attempts import FAILED_ATTEMPTS, FailedAttempts
from middleware.inbound.quota import Charge, Limit, Taken, charge_of
from middleware.inbound.rate_limit import Limits, too_many
from server.accounts.account_register import normal_name

SIGN_INS = charge_of("sign_in", Limit(120, per_seconds=3_600, burst=10), cost=1)
"""For one account from one address: ten tries at once, for somebody with ten passwords, then one every 30 s."""

SIGN_UPS = charge_of("sign_up", Limit(120, per_seconds=3_600, burst=30), cost=1)
"""For one address: a class or an office that signs up together, and no army of accounts."""

_LATER = "You have tried this too often; come back later."


class AccountThrottle:
    """Lets a request go on or raises TooManyRequests, before anything is looked up or hashed for it."""

    def __init__(
        self, limits: Limits, failures: FailedAttempts, *, jitter: Callable[[], float] = random.random
    ) -> None:
        self._limits = limits
        self._failures = failures
        self._jitter = jitter

    async def sign_in(self, request: web.Request, name: str) -> None:
        """Somebody is about to try a password of this account."""
        self._hear(request)
        account = normal_name(name) or ""
        await self._take(request, SIGN_INS, caller=f"account {account} from {self._limits.address_of(request)}")

    async def sign_up(self, request: web.Request) -> None:
        """Somebody is about to make an account."""
        self._hear(request)
        await self._take(request, SIGN_UPS, caller=f"address {self._limits.address_of(request)}")

    async def failed(self, request: web.Request) -> None:
        """It was not so."""
        taken = await self._failures.count(request)
        if not taken.is_allowed:
            raise self._refusal(request, FAILED_ATTEMPTS, taken=taken)

    def _hear(self, request: web.Request) -> None:
        """Refuse an address that has failed too often."""
        silenced = self._failures.silenced(request)
        if silenced is not None:
            raise self._refusal(request, FAILED_ATTEMPTS, taken=silenced)

    async def _take(self, request: web.Request, charge: Charge, *, caller: str) -> None:
        taken = await self._limits.store.take(self._limits.key(caller, charge), charge)
        if not taken.is_allowed:
            raise self._refusal(request, charge, taken=taken)

    def _refusal(self, request: web.Request, charge: Charge, *, taken: Taken) -> TooManyRequests:
        return too_many(request, charge, taken=taken, jitter=self._jitter(), detail=_LATER)
