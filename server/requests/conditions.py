"""Conditional requests (RFC 9110 §13): which entity tags a caller expects."""

import re
from dataclasses import dataclass
from typing import Literal

from aiohttp import hdrs
from multidict import CIMultiDictProxy

from middleware.errors import Fault, Malformed, PreconditionFailed

Headers = CIMultiDictProxy[str]

_ONE = r'(?:(W/)?"([^\x00-\x20"\x7f]*)")?[ \t]*'
_TAG = re.compile(rf"[ \t]*{_ONE}(?:,|$)")
"""One entity tag and the comma or the end after it; RFC 9110 §5.6.1 lets a list have empty places."""


@dataclass(frozen=True, slots=True)
class Tags:
    """The entity tags a header names, or `*` for whatever there is."""

    named: tuple[str, ...]
    any: bool = False

    def admits(self, current: str) -> bool:
        """Whether the current tag is one of them."""
        return self.any or current in self.named

    def expected(self, current: str) -> str:
        """The tag a change must still find; raises PreconditionFailed where the current one is not expected."""
        if self.admits(current):
            return current
        raise PreconditionFailed(headers={hdrs.ETAG: f'"{current}"'})


def if_match(headers: Headers) -> Tags | None:
    """If-Match, compared strongly: a weak tag never matches."""
    return _tags(headers, "If-Match", weak=False)


def if_none_match(headers: Headers) -> Tags | None:
    """If-None-Match, compared weakly."""
    return _tags(headers, "If-None-Match", weak=True)


def creates_only(headers: Headers) -> bool:
    """Whether a PUT may only create (`If-None-Match: *`); raises Malformed for what contradicts that."""
    tags = if_none_match(headers)
    if tags is None:
        return False
    if not tags.any:
        raise _malformed("If-None-Match", 'on a write this can only be "*"')
    if "If-Match" in headers:
        raise _malformed("If-None-Match", "a record cannot both be there (If-Match) and not be there")
    return True


def refuse_if_none_match(headers: Headers) -> None:
    """Raise Malformed where a change of a record says If-None-Match: only a PUT can do without one."""
    if "If-None-Match" in headers:
        raise _malformed("If-None-Match", "only a PUT takes this; give If-Match with the tag the record should have")


def _tags(headers: Headers, name: Literal["If-Match", "If-None-Match"], *, weak: bool) -> Tags | None:
    lines = headers.getall(name, None)
    if lines is None:
        return None
    text = ",".join(lines)
    if text.strip() == "*":
        return Tags((), any=True)
    found = _scanned(text)
    if not found:
        raise _malformed(name, 'give entity tags as the ETag header has them, in quotes: "1.62f", or *')
    return Tags(tuple(tag for prefix, tag in found if weak or not prefix))


def _scanned(text: str) -> list[tuple[str, str]]:
    """Each tag's `W/` and text; empty where the header is not a list of tags."""
    found: list[tuple[str, str]] = []
    position = 0
    while position < len(text):
        match = _TAG.match(text, position)
        if match is None:
            return []
        if match[2] is not None:
            found.append((match[1] or "", match[2]))
        position = match.end()
    return found


def _malformed(name: str, detail: str) -> Malformed:
    fault = Fault(code="entity_tag_invalid", detail=detail, header=name)
    return Malformed(f"The {name} header cannot be read.", faults=[fault])
