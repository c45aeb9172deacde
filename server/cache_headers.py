"""What an answer says of the cache: Cache-Control, Age and Cache-Status (RFC 9111, 5861 and 9211)."""

import math
from enum import StrEnum

from aiohttp import hdrs
from multidict import istr

from storage.cache.answered import Answered
from storage.cache.cache_policy import CachePolicy
from telemetry.events import CacheResult

CACHE_STATUS = istr("Cache-Status")
NAME = "mainstay"

_DETAILS: dict[CacheResult, str] = {
    "negative": "; detail=negative",
    "stale": "; detail=revalidating",
    "stale_if_error": "; detail=stale-if-error",
    "collapsed": "; collapsed",
    "degraded": "; detail=unavailable",
}


class Sharing(StrEnum):
    """Who may keep an answer: any cache, or the caller's own."""

    PUBLIC = "public"
    PRIVATE = "private"


class CacheHeaders:
    """The headers of one resource's answers; `sharing` is who may keep them."""

    def __init__(self, sharing: Sharing, policy: CachePolicy) -> None:
        if_error = f"stale-if-error={policy.error_seconds}"
        late = f"stale-while-revalidate={policy.revalidation_seconds}, {if_error}"
        self.usual = f"{sharing}, max-age={policy.fresh_seconds}, {late}"
        """For how long others may reuse an answer."""
        self.spare = f"{sharing}, max-age=0, {if_error}"
        """For how long one that is given for want of a better one: only a write may have ended its time, and by its age
        alone, caches on the way would take it for fresh."""

    def of(self, answered: Answered) -> dict[str, str]:
        """Those that tell how it was answered."""
        headers: dict[str, str] = {CACHE_STATUS: _status(answered)}
        if answered.forwarded is None:
            headers[hdrs.AGE] = str(int(answered.age_seconds))
        return headers

    def control(self, answered: Answered) -> str:
        """For how long others may reuse this one."""
        return self.spare if answered.is_spare else self.usual


def _status(answered: Answered) -> str:
    detail = _DETAILS.get(answered.result, "")
    if answered.forwarded is None:
        return f"{NAME}; hit; ttl={math.floor(answered.left_seconds)}{detail}"
    stored = "; stored" if answered.is_stored else ""
    return f"{NAME}; fwd={answered.forwarded}{stored}{detail}"
