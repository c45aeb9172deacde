"""The layer that answers only to the service's own names, so that nobody can pass it off as a site of theirs.

A page whose own name is made to lead to this machine (DNS rebinding) has a browser believe that both are one site, and
then reads and writes here as if it were ours. Such a request bears the page's name in Host. A literal address cannot be
rebound, and `localhost` is this machine to every browser (RFC 6761, 6.3), so these need no listing.
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from ipaddress import ip_address

from aiohttp import HttpVersion10, HttpVersion11, hdrs

from middleware.errors import Fault, Malformed, Misdirected
from middleware.inbound.exchange import Exchange
from middleware.inbound.request_plan import Layer

ANY = "*"

_HOST = re.compile(r"(?:\[(?P<literal>[0-9a-f:.]+)\]|(?P<name>[^:@\[\]]+))(?::[0-9]*)?")
_LOCAL = "localhost"
_REMEMBERED = 1_024


class OwnHosts:
    """Knows the names a service goes by: those given, where `*.example.com` is every name below, and `*` any at all.

    `advice` tells a caller who is refused what whoever operates the service can do.
    """

    def __init__(self, names: Sequence[str] = (), *, advice: str = "") -> None:
        self.advice = advice
        self.is_any = ANY in names
        self._names = frozenset(names)
        self._endings = tuple(name.removeprefix(ANY) for name in names if name.startswith("*."))
        self.knows = lru_cache(_REMEMBERED)(self._look_at)
        """The same as to look whether it is `in` those of which not every one will do."""

    def __contains__(self, host: str) -> bool:
        """Whether a Host header, with or without a port, names this service."""
        return self.is_any or self.knows(host)

    def _look_at(self, host: str) -> bool:
        found = _HOST.fullmatch(host.lower())
        if found is None:
            return False
        if found["literal"] is not None:
            return _is_address(found["literal"])
        name = found["name"].removesuffix(".")
        is_ours = name in self._names or name.endswith(self._endings)
        return is_ours or name == _LOCAL or name.endswith(f".{_LOCAL}") or _is_address(name)


ANY_HOST = OwnHosts([ANY])


def require_own_host(hosts: OwnHosts) -> Layer:
    """Raise Misdirected for a request to another name, Malformed for one without exactly one Host (RFC 9112, 3.2).

    Before HTTP/1.1 there was no Host: such a caller is no browser, and some balancers' probes are such callers. Before
    HTTP/1.0 there were no headers at all: nobody calls so, but bytes meant for another protocol may look like it.
    """

    is_any, knows = hosts.is_any, hosts.knows

    def check(exchange: Exchange) -> None:
        version = exchange._version  # noqa: SLF001 - the properties of these cost as much as what is done with them
        if version < HttpVersion10:
            raise Malformed("HTTP/0.9 is not spoken here.")
        given: Sequence[str] = exchange._headers.getall(hdrs.HOST, ())  # noqa: SLF001 - likewise
        count = len(given)
        if count != 1 and (count or version >= HttpVersion11):
            raise Malformed(faults=[Fault(code="host", detail="a request has exactly one Host header", header="Host")])
        # Of a target in absolute form its own host counts, and Host does not (RFC 9112, 3.2.2): aiohttp heeds that.
        if is_any or not count:
            return
        if not knows(exchange.host if exchange._message.url.absolute else given[0]):  # noqa: SLF001 - likewise
            raise Misdirected(f"{Misdirected.__doc__} {hosts.advice}".rstrip())

    return lambda _place: check


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True
