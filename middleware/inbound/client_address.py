"""Whose address a request comes from, however many proxies of ours it passed."""

from collections.abc import Sequence
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

from aiohttp import web
from multidict import istr

Network = IPv4Network | IPv6Network

FORWARDED_FOR = istr("X-Forwarded-For")
LOCAL_SOCKET = "local"
"""Stands for whoever connects over a unix socket and names nobody."""

_REMEMBERED = 4_096
_SITE_BITS = 64
_IPV4_WITH_PORT = 1


class ClientAddress:
    """Finds the caller's address: the right-most hop that is no proxy of ours.

    Each proxy appends whom it was called by to X-Forwarded-For, so only what stands right of the last untrusted hop is
    known; anything left of it may be invented. From a peer that is no trusted proxy the header is not read at all. A
    unix socket's peer passed the permissions of its file: it is a proxy of ours.

    An IPv6 caller is its /64: that is what one site gets at least (RFC 6177, RFC 4291 2.5.4), so that one machine has
    2^64 addresses to call from.
    """

    def __init__(self, trusted: Sequence[Network] = ()) -> None:
        self._trusted = tuple(trusted)
        self._looked_at = lru_cache(_REMEMBERED)(self._look_at)

    def __call__(self, request: web.Request) -> str:
        """The caller as a text: an IPv4 address, an IPv6 /64, or LOCAL_SOCKET."""
        peer = request._transport_peername  # noqa: SLF001 - asked once for each connection, and there when it has gone
        if isinstance(peer, tuple):
            found, is_trusted = self._looked_at(peer[0])
        else:
            found, is_trusted = LOCAL_SOCKET, True
        if not is_trusted:
            return found or LOCAL_SOCKET
        return self._forwarded(request.headers.getall(FORWARDED_FOR, ())) or found or LOCAL_SOCKET

    def _forwarded(self, values: Sequence[str]) -> str | None:
        """The right-most untrusted hop; the left-most where all are ours; None where the first is unreadable."""
        nearest = None
        for hop in reversed(",".join(values).split(",")):
            found, is_trusted = self._looked_at(hop)
            if found is None:
                return nearest  # whoever wrote this is the last that is known
            nearest = found
            if not is_trusted:
                break
        return nearest

    def _look_at(self, text: str) -> tuple[str | None, bool]:
        address = _read(text.strip())
        if address is None:
            return None, False
        return _grouped(address), any(address in network for network in self._trusted)


def _read(text: str) -> IPv4Address | IPv6Address | None:
    """An address, which some proxies write with a port; IPv4 in IPv6's clothes is IPv4."""
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == _IPV4_WITH_PORT:
        text = text.partition(":")[0]
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


def _grouped(address: IPv4Address | IPv6Address) -> str:
    if isinstance(address, IPv4Address):
        return str(address)
    return str(IPv6Network((address, _SITE_BITS), strict=False))
