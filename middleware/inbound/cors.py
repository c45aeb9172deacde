"""The layer that tells browsers which other sites' pages may read what this service answers (Fetch standard, 3.3).

Credentials are never admitted (`Access-Control-Allow-Credentials`): they are cookies and the like, which the API does
not read. An `Authorization` header that a page sets itself is none of them in this sense, and is admitted.
"""

import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from aiohttp import hdrs, web
from multidict import CIMultiDict

from middleware.inbound.exchange import Exchange
from middleware.inbound.request_plan import Layer

ANY_ORIGIN = "*"
METHODS = "GET, HEAD, POST, PUT, PATCH, DELETE"

SENT_HEADERS = (
    "Authorization",
    "Content-Type",
    "Idempotency-Key",
    "If-Match",
    "If-None-Match",
    "Mainstay-Read-After",
    "Prefer",
    "Request-Timeout",
    "X-Request-ID",
    "traceparent",
    "tracestate",
)
"""What a page may send: everything the API reads that a browser asks about first."""

EXPOSED_HEADERS = (
    "Accept-Patch",
    "Accept-Post",
    "Age",
    "Allow",
    "Cache-Status",
    "ETag",
    "Idempotent-Replayed",
    "Link",
    "Location",
    "Mainstay-Read-After",
    "Preference-Applied",
    "RateLimit",
    "RateLimit-Policy",
    "Retry-After",
    "Server-Timing",
    "WWW-Authenticate",
    "X-Request-ID",
    "traceparent",
)
"""What a page may read of an answer, besides what any page may (`Cache-Control`, `Content-Type`, …)."""

_MAX_AGE_SECONDS = 7_200
_REMEMBERED = 1_024
_LABEL = "[a-z0-9-]+"
_PORT = "[0-9]+"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cors:
    """Whose pages may call this service from a browser.

    `origins` are written as browsers send them, `https://app.example.com`. `https://*.example.com` admits each name one
    level below, `http://localhost:*` any port; `*` alone admits every page there is. `headers` are those a page may
    send, and `exposes` those it may read, besides Mainstay's own. A browser asks again after `max_age_seconds`, which
    Chromium cuts to 7,200.
    """

    origins: Sequence[str]
    headers: Sequence[str] = ()
    exposes: Sequence[str] = ()
    max_age_seconds: int = _MAX_AGE_SECONDS


class Origins:
    """Knows which origins are admitted, and what they are told."""

    def __init__(self, cors: Cors) -> None:
        self.admits_any = ANY_ORIGIN in cors.origins
        self.preflight = {
            hdrs.ACCESS_CONTROL_ALLOW_METHODS: METHODS,
            hdrs.ACCESS_CONTROL_ALLOW_HEADERS: ", ".join((*SENT_HEADERS, *cors.headers)),
            hdrs.ACCESS_CONTROL_MAX_AGE: str(cors.max_age_seconds),
        }
        self._exposed = ", ".join((*EXPOSED_HEADERS, *cors.exposes))
        self._pattern = re.compile("|".join(map(_written, cors.origins)))
        self._remembered = lru_cache(_REMEMBERED)(self._look_at)

    def admit(self, origin: str | None) -> bool:
        """Whether a page of this origin may read answers; None is a caller that is no page of another site."""
        return self.admits_any or (origin is not None and self._remembered(origin))

    def tell(self, origin: str | None, headers: CIMultiDict[str]) -> None:
        """Write who may read this answer; caches learn that it differs from origin to origin."""
        if not self.admits_any:
            known = headers.get(hdrs.VARY)
            headers[hdrs.VARY] = f"{known}, {hdrs.ORIGIN}" if known else str(hdrs.ORIGIN)
        if self.admit(origin):
            headers[hdrs.ACCESS_CONTROL_ALLOW_ORIGIN] = ANY_ORIGIN if self.admits_any else origin or ""
            headers[hdrs.ACCESS_CONTROL_EXPOSE_HEADERS] = self._exposed

    def _look_at(self, origin: str) -> bool:
        return self._pattern.fullmatch(origin) is not None


def answer_preflights(origins: Origins) -> Layer:
    """Answer what a browser asks before a page's request, and touch nothing else for it."""

    def check(exchange: Exchange) -> web.Response | None:
        if hdrs.ACCESS_CONTROL_REQUEST_METHOD not in exchange.headers:
            return None
        is_admitted = origins.admit(exchange.headers.get(hdrs.ORIGIN))
        return web.Response(status=204, headers=origins.preflight if is_admitted else None)

    return lambda place: check if place.method == hdrs.METH_OPTIONS else None


def mark_origins(origins: Origins) -> Callable[[web.Request, web.StreamResponse], Awaitable[None]]:
    """Make an `on_response_prepare` receiver: a page must be able to read a refusal as well."""

    async def mark(request: web.Request, response: web.StreamResponse) -> None:
        origins.tell(request.headers.get(hdrs.ORIGIN), response.headers)

    return mark


def _written(origin: str) -> str:
    """An origin as a regular expression."""
    scheme, _, rest = origin.partition("://")
    host, port_star, _ = rest.rpartition(":*") if rest.endswith(":*") else (rest, "", "")
    host = re.escape(host).replace(r"\*", _LABEL)
    return f"{re.escape(scheme)}://{host}{f':{_PORT}' if port_star else ''}"
