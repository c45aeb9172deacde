"""How much a request matters, told from its first bytes: what its address was declared with, or less if it says so.

A caller lowers its own request with the header of RFC 9218, which browsers and HTTP clients know already: urgency
`u=0` to `u=3` (the default) changes nothing, `u=4` and `u=5` are at most default, `u=6` and `u=7` (background) are
sheddable. It can raise nothing: otherwise every caller would. So what is at none of the addresses, or is written in a
way that hides at which it is, matters least.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, get_args
from urllib.parse import unquote_to_bytes

from telemetry.events import METHODS, OTHER, UNMATCHED

Priority = Literal["critical", "default", "sheddable"]
PRIORITIES: tuple[Priority, ...] = get_args(Priority)
"""The one that goes last first."""

Classify = Callable[[bytes], Priority]
"""Given a request's first bytes, not yet parsed and perhaps no request at all, tells how much it matters."""

_LOWERED: tuple[Priority, ...] = (*("critical",) * 4, *("default",) * 2, *("sheddable",) * 2)
_URGENCY = re.compile(rb"\r\npriority:[^\r\n]*?\bu\s*=\s*([0-7])", re.IGNORECASE)
_LINE = re.compile(rb"([A-Z]+) (?:https?://[^/? ]*)?([^? ]*)", re.IGNORECASE)
_PARAMETER = re.compile(r"\{[^}]+\}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranked:
    """One method of one address (`/products/{id}`) and how much it matters."""

    method: str
    template: str
    priority: Priority


class Openings:
    """Tells by the first of the addresses that fits, in the order in which the router tries them.

    Under full load it is asked about nearly every request, so only those addresses are tried that begin alike.
    """

    def __init__(self, addresses: Sequence[Ranked]) -> None:
        self._are_apart = all("{" not in _first(one.template) for one in addresses)
        alike: dict[bytes, list[Ranked]] = {}
        for one in addresses:
            alike.setdefault(_first(one.template).encode() if self._are_apart else b"", []).append(one)
        self._alike = {first: _Alike.of(found) for first, found in alike.items()}

    def priority(self, opening: bytes) -> Priority:
        """How much the request matters."""
        return max(self._declared(opening), _asked(opening), key=PRIORITIES.index)

    def asked(self, opening: bytes) -> tuple[str, str]:
        """The method and the route it is for, as RequestFinished has them."""
        line = _LINE.match(opening)
        if line is None:
            return OTHER, UNMATCHED
        method, address = line[1].decode(), self._address(line)
        return method if method in METHODS else OTHER, UNMATCHED if address is None else address.template

    def _declared(self, opening: bytes) -> Priority:
        if not self._alike:
            return "default"
        line = _LINE.match(opening)
        address = None if line is None else self._address(line)
        return "sheddable" if address is None else address.priority

    def _address(self, line: re.Match[bytes]) -> Ranked | None:
        path = line[2]
        if b"%" in path:
            path = unquote_to_bytes(path)
        alike = self._alike.get(path[1:].partition(b"/")[0] if self._are_apart else b"")
        return None if alike is None else alike.find(line[1] + b" " + path)


@dataclass(frozen=True, slots=True)
class _Alike:
    """Addresses that begin alike, in their order, and what finds out which one is asked for."""

    addresses: Sequence[Ranked]
    pattern: re.Pattern[bytes]

    @classmethod
    def of(cls, addresses: Sequence[Ranked]) -> "_Alike":
        return cls(addresses, re.compile("|".join(f"({_pattern(one)})" for one in addresses).encode()))

    def find(self, asked: bytes) -> Ranked | None:
        """The first that fits, of `GET /products/7`."""
        found = self.pattern.fullmatch(asked)
        return None if found is None or found.lastindex is None else self.addresses[found.lastindex - 1]


NO_OPENINGS = Openings(())
"""Where nothing is declared."""


def _asked(opening: bytes) -> Priority:
    urgency = _URGENCY.search(opening)
    return "critical" if urgency is None else _LOWERED[int(urgency[1])]


def _first(template: str) -> str:
    """What it begins with, up to its second slash."""
    return template[1:].partition("/")[0]


def _pattern(address: Ranked) -> str:
    """Without groups of its own; HEAD is GET's."""
    method = "(?:GET|HEAD)" if address.method == "GET" else re.escape(address.method)
    fixed = [re.escape(part) for part in _PARAMETER.split(address.template)]
    return f"{method} {'[^/]+'.join(fixed)}"
