"""What a request brought, in the pieces in which the words of an exception could repeat it."""

import re
from collections.abc import Iterator
from urllib.parse import unquote_plus

import orjson
from aiohttp import hdrs, web

_BODY_BYTES_AT_MOST = 65_536
_TEXTS_AT_MOST = 500
"""To look for more of them would hold the event loop up."""

_BETWEEN_PIECES = re.compile(r"[&=;,\s\"]+")
_SHORTEST_TEXT = 4
"""What a caller sent and is shorter is let stand: as a word in a sentence it says nothing of anybody."""

_HARMLESS_HEADERS = frozenset(
    {hdrs.HOST, hdrs.ACCEPT, hdrs.ACCEPT_ENCODING, hdrs.CONTENT_TYPE, hdrs.CONTENT_LENGTH, hdrs.CONNECTION}
)


def texts_of(request: web.Request, words: frozenset[str]) -> tuple[str, ...] | None:
    """Whatever a message could repeat, without `words`; None where it is too much to look for."""
    found = {*request.match_info.values(), request.path, request.raw_path}
    found.update(_pieces(request.rel_url.raw_query_string), _pieces(request.query_string))
    for name, value in request.headers.items():
        if name not in _HARMLESS_HEADERS:
            found.update((value, *_pieces(value)))
    body = request._read_bytes or b""  # noqa: SLF001 - there is no other way to tell whether a body has been read
    if len(body) > _BODY_BYTES_AT_MOST:
        return None
    found.update(_body_texts(body))
    texts = tuple(text for text in found - words if len(text) >= _SHORTEST_TEXT)
    return texts if len(texts) <= _TEXTS_AT_MOST else None


def _pieces(text: str) -> Iterator[str]:
    """What stands between the signs by which queries, forms, cookies and lists are put together, decoded too."""
    for piece in _BETWEEN_PIECES.split(text):
        yield piece
        yield unquote_plus(piece)


def _body_texts(body: bytes) -> Iterator[str]:
    try:
        yield from _strings(orjson.loads(body))
    except orjson.JSONDecodeError:
        yield from _pieces(body.decode(errors="replace"))


def _strings(value: object) -> Iterator[str]:
    match value:
        case str():
            yield value
        case bool() | None:
            return
        case list():
            for member in value:
                yield from _strings(member)
        case dict():
            for name, member in value.items():
                yield str(name)
                yield from _strings(member)
        case _:
            yield str(value)
