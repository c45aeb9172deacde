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


def by_address(addresses: Sequence[Ranked]) -> Classify:
    """Tell by the first of the addresses that fits, in the order in which the router tries them."""
    ranks = [one.priority for one in addresses]
    known = re.compile("|".join(f"({_pattern(one)})" for one in addresses).encode()) if addresses else None

    def declared(opening: bytes) -> Priority:
        line = _LINE.match(opening)
        if known is None:
            return "default"
        if line is None:
            return "sheddable"
        method, path = line[1], line[2]
        found = known.fullmatch(method + b" " + (unquote_to_bytes(path) if b"%" in path else path))
        return "sheddable" if found is None or found.lastindex is None else ranks[found.lastindex - 1]

    def classify(opening: bytes) -> Priority:
        return max(declared(opening), _asked(opening), key=PRIORITIES.index)

    return classify


def _asked(opening: bytes) -> Priority:
    urgency = _URGENCY.search(opening)
    return "critical" if urgency is None else _LOWERED[int(urgency[1])]


def _pattern(address: Ranked) -> str:
    """Without groups of its own; HEAD is GET's."""
    method = "(?:GET|HEAD)" if address.method == "GET" else re.escape(address.method)
    fixed = [re.escape(part) for part in _PARAMETER.split(address.template)]
    return f"{method} {'[^/]+'.join(fixed)}"
