"""The response headers, as components."""

from collections.abc import Mapping

from server.openapi.json_value import Object, reference

EVERY_ANSWER = ("X-Request-ID", "traceparent", "Server-Timing", "RateLimit-Policy", "RateLimit")
"""The headers any answer may bear, refusals too."""

_HEADERS: Mapping[str, tuple[str, str]] = {
    "X-Request-ID": (
        "Names this request in our logs: the one that was sent, or a new one.",
        "0b9c5d6c7f2e4a1f8d3b6a5c4e2f1a09",
    ),
    "traceparent": (
        "The W3C trace context this request was handled in.",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    ),
    "Server-Timing": ("Where the time went, in milliseconds.", "total;dur=3.2"),
    "RateLimit-Policy": ("The limit this request is held against: `q` requests in `w` seconds.", '"read";q=1000;w=1'),
    "RateLimit": ("What is left of it: `r` now, all of it in `t` seconds.", '"read";r=1998;t=1'),
    "ETag": ("The version of the record, for `If-Match` and `If-None-Match`.", '"3"'),
    "Location": ("The address of the record just made.", "/products/01985f2e-7c3a-7d70-9a51-6f3c2b1d0e4f"),
    "Idempotent-Replayed": ("`true` where this is the answer to an earlier request with the same key.", "true"),
    "Link": ('The next page (`rel="next"`), absent on the last one.', '</products?cursor=b64>; rel="next"'),
    "Preference-Applied": ("The preference that was honoured.", "count=exact"),
    "Cache-Control": (
        "How long the answer may be reused, and how long past that while it is asked for anew or cannot be.",
        "public, max-age=30, stale-while-revalidate=3, stale-if-error=86400",
    ),
    "Age": ("How many seconds ago the answer was read from the database; absent where it was just now.", "12"),
    "Cache-Status": ("Whether the answer was kept, and for how long it is fresh (RFC 9211).", "mainstay; hit; ttl=18"),
    "Retry-After": ("After how many seconds to try again.", "1"),
    "WWW-Authenticate": ("The scheme to authenticate with.", "Bearer"),
    "Accept-Post": ("The media types a create takes.", "application/json"),
    "Accept-Patch": ("The media types an update takes.", "application/merge-patch+json, application/json"),
    "Allow": ("The methods this address offers.", "GET, HEAD, OPTIONS, POST"),
}


def header_components() -> dict[str, Object]:
    """Every header any response names."""
    return {
        name: {"description": description, "schema": {"type": "string"}, "example": example}
        for name, (description, example) in _HEADERS.items()
    }


def headers(*names: str) -> Object:
    """The headers of one response: those every answer has, and these."""
    return {name: reference("headers", name) for name in (*names, *EVERY_ANSWER)}
