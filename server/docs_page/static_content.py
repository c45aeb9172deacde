"""An answer that never changes while the service runs: its bytes, compressed once, and its entity tag."""

import gzip
import hashlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus

from aiohttp import hdrs, web

_DIGEST_CHARACTERS = 20
_GZIP_LEVEL = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class StaticContent:
    """`headers` go with every answer; `etag` is weak, as it stands for the plain and the compressed bytes alike."""

    plain: bytes
    compressed: bytes
    etag: str
    headers: dict[str, str]


def static_content(plain: bytes, media_type: str, *, headers: Mapping[str, str] | None = None) -> StaticContent:
    """Prepare bytes to be served; `media_type` as Content-Type has it, with its charset."""
    digest = hashlib.sha256(plain).hexdigest()[:_DIGEST_CHARACTERS]
    return StaticContent(
        plain=plain,
        compressed=gzip.compress(plain, _GZIP_LEVEL, mtime=0),
        etag=digest,
        headers={
            hdrs.CONTENT_TYPE: media_type,
            hdrs.ETAG: f'W/"{digest}"',
            # Unless told otherwise a browser keeps it but asks each time: another version may run by then.
            hdrs.CACHE_CONTROL: "no-cache",
            hdrs.VARY: hdrs.ACCEPT_ENCODING,
            **(headers or {}),
        },
    )


def serving(load: Callable[[], Awaitable[StaticContent]]) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    """A handler of its own for one content."""

    async def handler(request: web.Request) -> web.StreamResponse:
        content = await load()
        if any(tag.value in (content.etag, "*") for tag in request.if_none_match or ()):
            return web.Response(status=HTTPStatus.NOT_MODIFIED, headers=content.headers)
        if accepts_gzip(request.headers.get(hdrs.ACCEPT_ENCODING, "")):
            headers = {**content.headers, hdrs.CONTENT_ENCODING: "gzip"}
            return web.Response(body=content.compressed, headers=headers)
        return web.Response(body=content.plain, headers=content.headers)

    return handler


def accepts_gzip(accept_encoding: str) -> bool:
    """Whether an Accept-Encoding header allows gzip (RFC 9110 §12.5.3).

    >>> accepts_gzip("br, gzip;q=0.8"), accepts_gzip("gzip;q=0"), accepts_gzip("")
    (True, False, False)
    """
    weights: dict[str, float] = {}
    for word in accept_encoding.lower().split(","):
        name, _, weight = word.replace(" ", "").partition(";q=")
        weights[name] = _weight(weight)
    return weights.get("gzip", weights.get("*", 0)) > 0


def _weight(text: str) -> float:
    try:
        return float(text or 1)
    except ValueError:
        return 0
