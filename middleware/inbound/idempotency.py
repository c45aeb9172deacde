"""The layer that reads a request's Idempotency-Key, so that a write done once is not done again when it is repeated.

It follows draft-ietf-httpapi-idempotency-key-header-07. What it leaves on the request, storage keeps together with the
write itself; the layer asks nobody and stores nothing.
"""

import hashlib
import re
from collections.abc import Awaitable, Callable
from struct import Struct

from aiohttp import hdrs, web
from aiohttp.typedefs import Handler
from multidict import istr

from middleware.errors import Fault, KeyInFlight, KeyReused, Malformed
from middleware.inbound.body_at_hand import body_at_hand
from middleware.inbound.endpoint import Endpoint
from middleware.inbound.exchange import Exchange
from middleware.inbound.principal import PRINCIPAL
from middleware.inbound.ready_answer import says
from middleware.inbound.request_plan import Around, Check, Layer, Place
from telemetry.events import IdempotencyDecided, IdempotencyOutcome, Observe
from telemetry.frozen import frozen

IDEMPOTENCY_KEY = istr("Idempotency-Key")
IDEMPOTENT_REPLAYED = istr("Idempotent-Replayed")

LONGEST_KEY = 255
_KEY = re.compile(rf'"?([\x21\x23-\x7e]{{1,{LONGEST_KEY}}})"?')
"""A structured field string (RFC 8941) of visible characters; many clients leave out its quotes."""
_DIGEST_BYTES = 16
_SECRET_BYTES_AT_MOST = 64
_size = Struct(">Q").pack


@frozen
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
        where = (place.method.encode(), endpoint.template.encode())

        def name(exchange: Exchange, key: str, *, body: bytes) -> None:
            exchange[REQUEST_KEY] = _request_key(exchange, (*where, key.encode()), body=body, digest=digest)

        async def name_once_read(exchange: Exchange, key: str) -> None:
            name(exchange, key, body=await exchange.read())

        def check(exchange: Exchange) -> Awaitable[None] | None:
            key = _key_in(exchange, endpoint)
            if key is None:
                return None
            exchange.context.recording.reach("idempotency")
            body = body_at_hand(exchange)
            if body is None:
                return name_once_read(exchange, key)
            name(exchange, key, body=body)
            return None

        return check

    return layer


def tell_repeats(observe: Observe) -> Around:
    """Tell of each request that brought a key whether it was done, answered as before, or refused."""

    def around(place: Place, handler: Handler) -> Handler:
        if place.endpoint is None or place.endpoint.idempotency == "none":
            return handler

        async def told(request: web.Request) -> web.StreamResponse:
            try:
                response = await handler(request)
            except (KeyInFlight, KeyReused) as refused:
                outcome: IdempotencyOutcome = "in_flight" if isinstance(refused, KeyInFlight) else "reused"
                observe(IdempotencyDecided(outcome=outcome))
                raise
            observe(IdempotencyDecided(outcome="replayed" if says(response, IDEMPOTENT_REPLAYED) else "stored"))
            return response

        def told_of_keys(request: web.Request) -> Awaitable[web.StreamResponse]:
            return handler(request) if request.get(REQUEST_KEY) is None else told(request)

        return told_of_keys

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


def _request_key(
    request: web.Request, where: tuple[bytes, ...], *, body: bytes, digest: Callable[..., bytes]
) -> RequestKey:
    """What the caller's key (the last of `where`) stands for there."""
    principal = request.get(PRINCIPAL)
    caller = "anyone" if principal is None else f"principal {principal.name}"
    name = digest(caller.encode(), *where)
    content_type = request.headers.get(hdrs.CONTENT_TYPE, "")
    # With the roles, as what was answered may show what a credential with others may not see.
    roles = "" if principal is None else " ".join(sorted(principal.roles))
    asked = request.rel_url.raw_path_qs.encode(), content_type.encode(), roles.encode()
    return RequestKey(
        name=_uuid_text(name),
        lock=int.from_bytes(name[:8], signed=True),
        fingerprint=_uuid_text(digest(*asked, body)),
    )


def _digester(secret: bytes) -> Callable[..., bytes]:
    """A digest of several parts in which none can take a piece of its neighbour."""
    begun = hashlib.blake2b(digest_size=_DIGEST_BYTES, key=secret[:_SECRET_BYTES_AT_MOST])

    def digest(*parts: bytes) -> bytes:
        told: list[bytes] = []
        for part in parts:
            told += (_size(len(part)), part)
        made = begun.copy()  # which has taken the secret in already
        made.update(b"".join(told))
        return made.digest()

    return digest


def _uuid_text(digest: bytes) -> str:
    """As Postgres writes a UUID; an object of Python's in between costs 2 µs."""
    text = digest.hex()
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def _malformed(code: str, detail: str) -> Malformed:
    return Malformed(
        f"The {IDEMPOTENCY_KEY} header cannot be used.",
        faults=[Fault(code=code, detail=detail, header=IDEMPOTENCY_KEY)],
    )
