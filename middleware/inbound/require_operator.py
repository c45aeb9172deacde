"""The layer of the admin port that lets operators alone change anything: by a token, or from this machine.

Looking is open to whoever reaches the port, since probes and scrapers bring no credentials. What a service holds
open or writes into its log is not theirs to change. Where no token is set, a caller on the machine itself may:
whoever can open a connection from there, through `kubectl port-forward` or ssh too, has been let in already.
"""

import hmac
from ipaddress import IPv6Address, ip_address

from aiohttp import hdrs, web

from middleware.errors import Forbidden, Unauthenticated
from middleware.inbound.challenge import challenge
from middleware.inbound.exchange import Exchange
from middleware.inbound.request_plan import Layer

_LOOKING = (hdrs.METH_GET, hdrs.METH_HEAD, hdrs.METH_OPTIONS)
_SCHEME = "bearer"


def require_operator(token: str = "") -> Layer:
    """Raise Unauthenticated for a change without this token; without one, Forbidden unless it comes from loopback."""
    expected = token.encode()

    def check(exchange: Exchange) -> None:
        if expected:
            _require_token(exchange, expected)
        else:
            _require_loopback(exchange)

    return lambda place: None if place.method in _LOOKING else check


def _require_token(request: web.Request, expected: bytes) -> None:
    values = request.headers.getall(hdrs.AUTHORIZATION, ())
    scheme, _, given = (values[0] if len(values) == 1 else "").partition(" ")
    is_right = hmac.compare_digest(given.encode("utf-8", "surrogateescape"), expected)
    if scheme.lower() != _SCHEME or not is_right:
        raise Unauthenticated(
            "Changing anything here takes the token that MAINSTAY_ADMIN_TOKEN is set to, as Authorization: Bearer.",
            headers=challenge("admin"),
        )


def _require_loopback(request: web.Request) -> None:
    peer = None if request.transport is None else request.transport.get_extra_info("peername")
    if isinstance(peer, tuple) and not is_loopback(peer[0]):
        raise Forbidden(
            "Changing anything here is for callers on the machine itself, as MAINSTAY_ADMIN_TOKEN is not set."
        )


def is_loopback(address: str) -> bool:
    """Whether it is this machine's own, also as IPv6 writes an IPv4 address."""
    found = ip_address(address.partition("%")[0])
    mapped = found.ipv4_mapped if isinstance(found, IPv6Address) else None
    return (mapped or found).is_loopback
