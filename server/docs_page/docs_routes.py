"""The addresses that explain the service: its index, the OpenAPI document, and the page that shows it."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from importlib.resources import files

import orjson
from aiohttp import hdrs, web

from server.docs_page.static_content import StaticContent, serving, static_content
from server.service import Service, words_of_path

DOCUMENT_PATH, PAGE_PATH, INDEX_PATH = "/openapi.json", "/docs", "/"

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)
"""Everything from this origin, nothing inline. Swagger UI's stylesheet has its pictures as data: addresses."""

NO_DEVICES = ", ".join(
    f"{feature}=()"
    for feature in (
        "accelerometer",
        "bluetooth",
        "camera",
        "display-capture",
        "geolocation",
        "gyroscope",
        "hid",
        "magnetometer",
        "microphone",
        "midi",
        "payment",
        "publickey-credentials-get",
        "screen-wake-lock",
        "serial",
        "usb",
    )
)
"""What a page of documentation has no use for; only names that browsers know, for others they complain of."""

_PAGE_HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": NO_DEVICES,
}
_FILE_HEADERS: Mapping[str, str] = {hdrs.CACHE_CONTROL: "public, max-age=600"}
"""A browser asks for the icon again whenever the page's fragment changes, which is with every click."""

_FILES: Mapping[str, str] = {
    "swagger-ui-bundle.js": "text/javascript; charset=utf-8",
    "docs.js": "text/javascript; charset=utf-8",
    "swagger-ui.css": "text/css; charset=utf-8",
    "docs.css": "text/css; charset=utf-8",
    "icon.svg": "image/svg+xml",
}


def docs_routes(document: bytes) -> list[web.RouteDef]:
    """`/openapi.json`, which answers `document`, and `/docs` with the files it needs."""
    page = _from_file("docs.html", "text/html; charset=utf-8", headers=_PAGE_HEADERS)
    return [
        web.get(DOCUMENT_PATH, serving(_ready(static_content(document, "application/json")))),
        web.get(PAGE_PATH, serving(page)),
        *(
            web.get(f"{PAGE_PATH}/{name}", serving(_from_file(name, media_type, headers=_FILE_HEADERS)))
            for name, media_type in _FILES.items()
        ),
    ]


def index_routes(service: Service) -> list[web.RouteDef]:
    """`/`, which says what is served where."""
    return [web.get(INDEX_PATH, serving(_ready(static_content(service_index(service), "application/json"))))]


def service_index(service: Service) -> bytes:
    """Where everything is, as JSON."""
    return orjson.dumps(
        {
            "service": service.name,
            "version": service.version,
            "docs": PAGE_PATH,
            "openapi": DOCUMENT_PATH,
            "resources": {words_of_path(resource.path): resource.path for resource in service.resources},
        }
    )


def _ready(content: StaticContent) -> Callable[[], Awaitable[StaticContent]]:
    async def load() -> StaticContent:
        return content

    return load


def _from_file(name: str, media_type: str, *, headers: Mapping[str, str]) -> Callable[[], Awaitable[StaticContent]]:
    """Read and compress a file of this package when it is first asked for, beside the event loop."""
    kept: list[StaticContent] = []

    def read() -> StaticContent:
        return static_content(files(__package__).joinpath(name).read_bytes(), media_type, headers=headers)

    async def load() -> StaticContent:
        if not kept:
            kept.append(await asyncio.to_thread(read))
        return kept[0]

    return load
