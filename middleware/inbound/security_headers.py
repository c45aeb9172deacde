"""What every answer tells a browser that shows it or that a strange page asks for it; docs/security.md argues each."""

import asyncio
from collections.abc import Collection

from aiohttp import hdrs
from multidict import CIMultiDict, istr

CONTENT_SECURITY_POLICY = istr("Content-Security-Policy")
CROSS_ORIGIN_RESOURCE_POLICY = istr("Cross-Origin-Resource-Policy")
STRICT_TRANSPORT_SECURITY = istr("Strict-Transport-Security")

API_POLICY = "default-src 'none'; base-uri 'none'; frame-ancestors 'none'"
"""An answer of the API is no page: shown as one it may load nothing, run nothing and be framed by nobody."""

TWO_YEARS = "max-age=63072000"
"""Mozilla's figure (Server Side TLS 5.7). Not `includeSubDomains`: what lives below this name is its owner's affair."""

# Pairs and not mappings: every answer walks over them.
_FIXED = (
    (istr("X-Content-Type-Options"), "nosniff"),
    (istr("Referrer-Policy"), "no-referrer"),
    (istr("X-Frame-Options"), "DENY"),  # what frame-ancestors says, for browsers before 2016 and scanners after
    (istr(hdrs.SERVER), "mainstay"),  # aiohttp's own would tell its version and Python's
)
_UNLESS_SAID_OTHERWISE = (
    (CONTENT_SECURITY_POLICY, API_POLICY),
    (CROSS_ORIGIN_RESOURCE_POLICY, "same-origin"),
    (istr(hdrs.CACHE_CONTROL), "no-store"),
)


def is_over_tls(transport: asyncio.BaseTransport | None) -> bool:
    """Whether we ourselves speak TLS on a connection; a target like `https://…` is only what the caller says."""
    return transport is not None and transport.get_extra_info("sslcontext") is not None


def missing_of(names: Collection[str], *, over_tls: bool) -> str | None:
    """What `secure` adds to an answer whose headers have these names, in small letters, as text; None where it replaces
    one of them."""
    if any(name.lower() in names for name, _ in _FIXED):
        return None
    over_tls_too = ((STRICT_TRANSPORT_SECURITY, TWO_YEARS),) if over_tls else ()
    others = [(name, value) for name, value in (*_UNLESS_SAID_OTHERWISE, *over_tls_too) if name.lower() not in names]
    return "".join(f"{name}: {value}\r\n" for name, value in (*_FIXED, *others))


def secure(headers: CIMultiDict[str], *, over_tls: bool) -> None:
    """Write the headers that hold for any answer; a page or a team's own answer keeps the policies it set itself.

    Strict-Transport-Security goes over TLS only: a browser must ignore it elsewhere (RFC 6797, 7.2 and 8.1).
    """
    for name, value in _FIXED:
        headers[name] = value
    for name, value in _UNLESS_SAID_OTHERWISE:
        headers.setdefault(name, value)
    if over_tls:
        headers.setdefault(STRICT_TRANSPORT_SECURITY, TWO_YEARS)
