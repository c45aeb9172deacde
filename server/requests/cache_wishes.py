"""What a request's Cache-Control asks of our cache (RFC 9111 §5.2.1)."""

import re

from aiohttp import hdrs, web

from storage.cache.answered import ANY_AGE, FRESH, Wish

NOT_KEPT = Wish(may_be_kept=False)

_MAX_AGE = re.compile(r'max-age="?([0-9]{1,10})"?', re.ASCII)


def wish_of(request: web.Request) -> Wish:
    """`no-store`, `no-cache` and `max-age`, which browsers send for a reload; the other directives only advise."""
    lines = request.headers.getall(hdrs.CACHE_CONTROL, None)
    if lines is None:
        return ANY_AGE
    directives = {one.strip().lower() for line in lines for one in line.split(",")}
    if "no-store" in directives:
        return NOT_KEPT
    if "no-cache" in directives:
        return FRESH
    ages = [int(found[1]) for found in map(_MAX_AGE.fullmatch, directives) if found]
    if not ages:
        return ANY_AGE
    return Wish(age_seconds=min(ages)) if min(ages) else FRESH
