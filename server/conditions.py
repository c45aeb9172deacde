"""Conditional requests (RFC 9110 §13): which entity tags a caller expects."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from aiohttp import hdrs

from middleware.errors import Fault, Malformed, PreconditionFailed

_TAG = re.compile(r'\s*(W/)?"([\x21\x23-\x7e\x80-\xff]*)"\s*')


@dataclass(frozen=True, slots=True)
class Tags:
    """The strong entity tags a header names, or `*` for whatever there is."""

    named: tuple[str, ...]
    any: bool = False

    def expected(self, current: str) -> str:
        """The tag a change must still find; raises PreconditionFailed where the current one is not expected."""
        if self.any or current in self.named:
            return current
        raise PreconditionFailed(headers={hdrs.ETAG: f'"{current}"'})


def if_match(headers: Mapping[str, str]) -> Tags | None:
    """If-Match, compared strongly: a weak tag never matches."""
    return _tags(headers, "If-Match", weak=False)


def if_none_match(headers: Mapping[str, str]) -> Tags | None:
    """If-None-Match, compared weakly."""
    return _tags(headers, "If-None-Match", weak=True)


def creates_only(headers: Mapping[str, str]) -> bool:
    """Whether a PUT may only create (`If-None-Match: *`); any other If-None-Match on a write is refused."""
    tags = if_none_match(headers)
    if tags is not None and not tags.any:
        raise _malformed("If-None-Match", 'on a write this can only be "*"')
    return tags is not None


def _tags(headers: Mapping[str, str], name: Literal["If-Match", "If-None-Match"], *, weak: bool) -> Tags | None:
    text = headers.get(name)
    if text is None:
        return None
    if text.strip() == "*":
        return Tags((), any=True)
    named: list[str] = []
    for one in text.split(","):
        match = _TAG.fullmatch(one)
        if match is None:
            raise _malformed(name, 'give entity tags as the ETag header has them, in quotes: "1.62f", or *')
        if weak or not match.group(1):
            named.append(match.group(2))
    return Tags(tuple(named))


def _malformed(name: str, detail: str) -> Malformed:
    fault = Fault(code="entity_tag_invalid", detail=detail, header=name)
    return Malformed(f"The {name} header cannot be read.", faults=[fault])
