"""The layer that refuses a caller who asks for more than the service's limits allow, before a body is read.

The algorithm is GCRA, the Generic Cell Rate Algorithm (ITU-T I.371, annex A): an exact sliding limit that remembers one
number a caller, when all that was taken will have been given back. The headers are those of
draft-ietf-httpapi-ratelimit-headers-09: `RateLimit-Policy: "read";q=1000;w=1`, `RateLimit: "read";r=1998;t=1`.
"""

import hashlib
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import lru_cache

from aiohttp import hdrs, web
from multidict import istr

from middleware.errors import TooManyRequests
from middleware.inbound.exchange import Exchange
from middleware.inbound.principal import Principal
from middleware.inbound.quota import Charge, Decider, Taken, scaled
from middleware.inbound.request_plan import Check, Layer, Place

LIMITED = web.RequestKey("limited", tuple[str, str])
"""The values of RATE_LIMIT_POLICY and RATE_LIMIT for this request's answer."""

RATE_LIMIT_POLICY = istr("RateLimit-Policy")
RATE_LIMIT = istr("RateLimit")

_DIGEST_BYTES = 16
_KEY_BYTES_AT_MOST = 64
_KEYS_REMEMBERED = 10_000
"""As many as have leases; a hash costs 1.5 µs, which is more than the rest of a decision that asks nobody."""
_MICROSECONDS = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What the layer needs: where to take from, who calls, and what an address nobody declared is charged.

    `secret` keys the hash under which a caller is stored: whoever reads the store learns no addresses.
    """

    store: Decider
    address_of: Callable[[web.Request], str]
    secret: bytes
    unmatched: Charge | None

    def key(self, caller: str, charge: Charge) -> str:
        """Where what a caller has taken is kept; `caller` says of what kind it is: `address 192.0.2.1`."""
        return _key(caller, charge.name, secret=self.secret)

    def of(self, principal: Principal, declared: Charge) -> tuple[str, Charge]:
        """The key and the charge of somebody who may have more than others."""
        charge = scaled(declared, principal.limit_factor)
        return self.key(f"principal {principal.name}", charge), charge


@lru_cache(_KEYS_REMEMBERED)
def _key(caller: str, name: str, *, secret: bytes) -> str:
    digest = hashlib.blake2b(caller.encode(), digest_size=_DIGEST_BYTES, key=secret[:_KEY_BYTES_AT_MOST]).hexdigest()
    return f"mainstay:limit:{name}:{digest}"


def rate_limit(limits: Limits, *, jitter: Callable[[], float] = random.random) -> Layer:
    """Take each request's charge from its caller's allowance; raise TooManyRequests where it does not fit."""

    def settle(exchange: Exchange, charge: Charge, *, taken: Taken) -> None:
        if taken.wait_microseconds:
            raise too_many(exchange, charge, taken=taken, jitter=jitter())
        exchange._state[LIMITED] = (charge.policy, _state(charge, taken))  # noqa: SLF001 - as aiohttp would, after a call

    async def ask(exchange: Exchange, key: str, *, charge: Charge) -> None:
        settle(exchange, charge, taken=await limits.store.take(key, charge))

    def layer(place: Place) -> Check | None:
        declared = limits.unmatched if place.endpoint is None else place.endpoint.charge
        if declared is None:
            return None

        def check(exchange: Exchange) -> Awaitable[None] | None:
            exchange.context.recording.reach("rate_limit")
            caller, charge = exchange.caller, declared
            if caller is None:
                key = limits.key(f"address {limits.address_of(exchange)}", charge)
            else:
                found = caller.allowances.get(place)
                key, charge = found or caller.charged(place, limits.of(caller.principal, declared))
            taken = limits.store.decide(key, charge)
            if taken is None:
                return ask(exchange, key, charge=charge)
            settle(exchange, charge, taken=taken)
            return None

        return check

    return layer


def too_many(request: web.Request, charge: Charge, *, taken: Taken, jitter: float, detail: str = "") -> TooManyRequests:
    """What to raise for a charge that did not fit; `jitter` in [0, 1) spreads the callers' return."""
    request[LIMITED] = (charge.policy, _state(charge, taken))
    return TooManyRequests(detail, headers={hdrs.RETRY_AFTER: str(_retry_after_seconds(taken, jitter))})


async def mark_limits(request: web.Request, response: web.StreamResponse) -> None:
    """An `on_response_prepare` receiver: tell on every answer, refusals too, what is left of the limit."""
    limited = request.get(LIMITED)
    if limited is not None:
        response.headers[RATE_LIMIT_POLICY], response.headers[RATE_LIMIT] = limited


def _state(charge: Charge, taken: Taken) -> str:
    """`r`: how many units are left now; `t`: after how many seconds all are given back."""
    used = taken.used_microseconds
    left = (charge.capacity_microseconds - used) // charge.interval_microseconds
    return f'"{charge.name}";r={max(0, left)};t={-(-used // _MICROSECONDS)}'


def _retry_after_seconds(taken: Taken, jitter: float) -> int:
    """When it fits, and up to half as long and a second later: a caller's workers must not all return at once."""
    seconds = _seconds(taken.wait_microseconds)
    return seconds + int(jitter * (seconds // 2 + 2))


def _seconds(microseconds: int) -> int:
    return -(-microseconds // _MICROSECONDS)
