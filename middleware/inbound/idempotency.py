"""The layer that reads a request's Idempotency-Key, so that a write done once is not done again when it is repeated.

It follows draft-ietf-httpapi-idempotency-key-header-07. What it leaves on the request, storage keeps together with the
write itself; the layer asks nobody and stores nothing.
"""

import hashlib
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from uuid import UUID

from aiohttp import hdrs, web
from aiohttp.typedefs import Handler
from multidict import istr

from middleware.errors import Fault, KeyInFlight, KeyReused, Malformed
from middleware.inbound.endpoint import Endpoint
from middleware.inbound.exchange import Exchange
from middleware.inbound.principal import PRINCIPAL
from middleware.inbound.request_plan import Around, Check, Layer, Place
from telemetry.events import IdempotencyDecided, IdempotencyOutcome, Observe

IDEMPOTENCY_KEY = istr("Idempotency-Key")
IDEMPOTENT_REPLAYED = istr("Idempotent-Replayed")

LONGEST_KEY = 255
_KEY = re.compile(rf'"?([\x21\x23-\x7e]{{1,{LONGEST_KEY}}})"?')
"""A structured field string (RFC 8941) of visible characters; many clients leave out its quotes."""
_DIGEST_BYTES = 16
_SECRET_BYTES_AT_MOST = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestKey:
    """A request that may be a repeat, as storage knows it: nothing that a caller sent, only digests of it.

    `name` is who sends what where under which key, `fingerprint` the request itself: the same name with another
    fingerprint is a key used twice. `lock` is `name` as a number Postgres can lock.
    """

    name: str
    lock: int
    fingerprint: str


REQUEST_KEY = web.RequestKey("request_key", RequestKey)
"""Set for requests that bring a key to an endpoint that takes one."""


def idempotency(*, secret: bytes) -> Layer:
    """Put what the key stands for at `request[REQUEST_KEY]`; raise Malformed where it is no key or a needed one lacks.

    `secret` keys the digests: whoever reads the store cannot try keys or bodies out.
    """
    digest = _digester(secret)

    def layer(place: Place) -> Check | None:
        endpoint = place.endpoint
        if endpoint is None or endpoint.idempotency == "none":
            return None

        async def name(exchange: Exchange, key: str) -> None:
            exchange.context.recording.reach("idempotency")
            exchange[REQUEST_KEY] = await _request_key(exchange, endpoint, key=key, digest=digest)

        def check(exchange: Exchange) -> Awaitable[None] | None:
            key = _key_in(exchange, endpoint)
            return None if key is None else name(exchange, key)

        return check

    return layer


def tell_repeats(observe: Observe) -> Around:
    """Tell of each request that brought a key whether it was done, answered as before, or refused."""

    def around(place: Place, handler: Handler) -> Handler:
        if place.endpoint is None or place.endpoint.idempotency == "none":
            return handler

        async def told(request: web.Request) -> web.StreamResponse:
            if REQUEST_KEY not in request:
                return await handler(request)
            try:
                response = await handler(request)
            except (KeyInFlight, KeyReused) as refused:
                outcome: IdempotencyOutcome = "in_flight" if isinstance(refused, KeyInFlight) else "reused"
                observe(IdempotencyDecided(outcome=outcome))
                raise
            observe(IdempotencyDecided(outcome="replayed" if IDEMPOTENT_REPLAYED in response.headers else "stored"))
            return response

        return told

    return around


def _key_in(request: web.Request, endpoint: Endpoint) -> str | None:
    given = request.headers.getall(IDEMPOTENCY_KEY, ())
    if not given:
        if endpoint.idempotency == "required":
            raise _malformed("missing", "this takes a key, such as a new UUID, that is the same when you send it again")
        return None
    match = _KEY.fullmatch(given[0])
    if len(given) > 1 or match is None or given[0].startswith('"') != given[0].endswith('"'):
        raise _malformed("invalid_key", f"a key is 1 to {LONGEST_KEY} visible ASCII characters, given once")
    return match[1]


async def _request_key(
    request: web.Request, endpoint: Endpoint, *, key: str, digest: Callable[..., bytes]
) -> RequestKey:
    principal = request.get(PRINCIPAL)
    caller = "anyone" if principal is None else f"principal {principal.name}"
    name = digest(caller.encode(), request.method.encode(), endpoint.template.encode(), key.encode())
    content_type = request.headers.get(hdrs.CONTENT_TYPE, "")
    # With the roles, as what was answered may show what a credential with others may not see.
    roles = "" if principal is None else " ".join(sorted(principal.roles))
    asked = request.rel_url.raw_path_qs.encode(), content_type.encode(), roles.encode()
    fingerprint = digest(*asked, await request.read())
    return RequestKey(
        name=str(UUID(bytes=name)),
        lock=int.from_bytes(name[:8], signed=True),
        fingerprint=str(UUID(bytes=fingerprint)),
    )


def _digester(secret: bytes) -> Callable[..., bytes]:
    """A digest of several parts in which none can take a piece of its neighbour."""
    key = secret[:_SECRET_BYTES_AT_MOST]

    def digest(*parts: bytes) -> bytes:
        made = hashlib.blake2b(digest_size=_DIGEST_BYTES, key=key)
        for part in parts:
            made.update(len(part).to_bytes(8))
            made.update(part)
        return made.digest()

    return digest


def _malformed(code: str, detail: str) -> Malformed:
    return Malformed(
        f"The {IDEMPOTENCY_KEY} header cannot be used.",
        faults=[Fault(code=code, detail=detail, header=IDEMPOTENCY_KEY)],
    )
