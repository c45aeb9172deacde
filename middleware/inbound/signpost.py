"""The layer that tells whoever asks for an address that leads nowhere which one was probably meant.

Only addresses that are open to whoever calls are named, so nobody learns of one that they could not use. What is named
is the template, as the service declares it, and nothing of what the caller wrote.
"""

from collections.abc import Iterable, Sequence
from difflib import SequenceMatcher

from aiohttp import web

from middleware.errors import NotFound
from middleware.inbound.admission import ADMITTED, Decide
from middleware.inbound.endpoint import Endpoints
from middleware.inbound.exchange import Exchange
from middleware.inbound.principal import Principal
from middleware.inbound.request_plan import Check, Layer, Place

ALIKE = 0.8
"""difflib's measure of likeness, from which on one word of an address may be meant for another: one letter of five."""

_PARAMETER = 0.5
"""What a parameter counts, which is like anything: less than a word that is the same."""
_SEGMENTS_AT_MOST, _LETTERS_AT_MOST = 8, 64
"""Longer addresses are no slips of the hand, and comparing them takes longer than answering."""
_PREFIXES_AT_MOST = 2
"""Words that may stand too many before an address, as in `/api/v1/products`."""


class Signposts:
    """Knows where the addresses of a service lead, and to whom they are open."""

    def __init__(self, addresses: Iterable[tuple[str, Decide]]) -> None:
        """`addresses` are templates and who may go there; the same template may come more than once."""
        self._deciders: dict[str, list[Decide]] = {}
        for template, decide in addresses:
            self._deciders.setdefault(template, []).append(decide)
        self._segments = {template: _segments(template) for template in self._deciders}

    def nearest(self, path: str, principal: Principal | None) -> str:
        """The template most like this path that is open to this caller; empty where none is."""
        asked = _segments(path)
        if len(asked) > _SEGMENTS_AT_MOST:
            return ""
        for surplus in range(min(_PREFIXES_AT_MOST + 1, len(asked))):
            found = self._nearest(asked[surplus:], alike=1.0 if surplus else ALIKE)
            open_to_caller = (
                one for one in found if any(decide(principal) in ADMITTED for decide in self._deciders[one])
            )
            if nearest := next(open_to_caller, ""):
                return nearest
        return ""

    def _nearest(self, asked: Sequence[str], *, alike: float) -> list[str]:
        """The templates that are like these segments, the likest first."""
        likeness = {template: _likeness(asked, segments, alike=alike) for template, segments in self._segments.items()}
        return sorted(filter(likeness.__getitem__, likeness), key=likeness.__getitem__, reverse=True)


def point_the_way(endpoints: Endpoints) -> Layer:
    """Raise NotFound with the address that was probably meant; where there is none the router's own stands."""
    posts: list[Signposts] = []

    def check(exchange: Exchange) -> None:
        if not isinstance(exchange.match_info.http_exception, web.HTTPNotFound):
            return
        if not posts:  # by the first who is lost: by then all addresses are known
            posts.append(Signposts((one.template, one.decide) for one in endpoints.values() if one.is_signposted))
        caller = exchange.caller
        meant = posts[0].nearest(exchange.path, None if caller is None else caller.principal)
        if meant:
            raise NotFound(f"{NotFound.__doc__} Did you mean {meant}?")

    def layer(place: Place) -> Check | None:
        return check if place.endpoint is None else None

    return layer


def _segments(path: str) -> tuple[str, ...]:
    return tuple(segment for segment in path.split("/") if segment)


def _likeness(asked: Sequence[str], segments: Sequence[str], *, alike: float) -> float:
    """How much the words are like those of a template, 0 where one of them is not or where it has none."""
    if len(asked) != len(segments) or all(one.startswith("{") for one in segments):
        return 0
    sum_of_all = 0.0
    for word, segment in zip(asked, segments, strict=True):
        likeness = _PARAMETER if segment.startswith("{") else _likeness_of_words(word, segment, alike=alike)
        if not likeness:
            return 0
        sum_of_all += likeness
    return sum_of_all


def _likeness_of_words(word: str, known: str, *, alike: float) -> float:
    word = word.lower()
    if word == known.lower():
        return 1
    if alike == 1 or len(word) > _LETTERS_AT_MOST:
        return 0
    matcher = SequenceMatcher(a=word, b=known.lower(), autojunk=False)
    if matcher.real_quick_ratio() < alike or matcher.quick_ratio() < alike:
        return 0
    ratio = matcher.ratio()
    return ratio if ratio >= alike else 0
