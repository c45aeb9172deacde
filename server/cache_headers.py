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
        self._usual = f"{sharing}, max-age={policy.fresh_seconds}, {late}"
        # Only a write may have ended its time: by its age alone, caches on the way would take it for fresh.
        self._for_want_of_better = f"{sharing}, max-age=0, {if_error}"

    def of(self, answered: Answered) -> dict[str, str]:
        """Those that tell how it was answered."""
        headers: dict[str, str] = {CACHE_STATUS: _status(answered)}
        if answered.forwarded is None:
            headers[hdrs.AGE] = str(int(answered.age_seconds))
        return headers

    def control(self, answered: Answered) -> str:
        """For how long others may reuse the answer."""
        return self._for_want_of_better if answered.result == "stale_if_error" else self._usual


def _status(answered: Answered) -> str:
    detail = _DETAILS.get(answered.result, "")
    if answered.forwarded is None:
        return f"{NAME}; hit; ttl={math.floor(answered.left_seconds)}{detail}"
    stored = "; stored" if answered.is_stored else ""
    return f"{NAME}; fwd={answered.forwarded}{stored}{detail}"
