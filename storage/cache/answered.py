"""What a reader wants of a cache, and how it was answered."""

import math
from dataclasses import dataclass
from typing import Literal

from storage.cache.entry import Rows
from telemetry.events import CacheResult
from telemetry.frozen import frozen

Forwarded = Literal["uri-miss", "stale", "request", "bypass"]
"""Why Postgres was asked, in the words of RFC 9211 §2.2."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """How old an answer may be, and whether it may be kept for others.

    Who limits an answer's age is given none past its time either, whatever fails: RFC 9111 §4.2.4.
    """

    age_seconds: float = math.inf
    may_be_kept: bool = True


ANY_AGE = Wish()
FRESH = Wish(age_seconds=-math.inf)
"""Nothing that was kept before, however young."""


@frozen
class Answered:
    """An answer: from what is kept, `age_seconds` old and fresh for `left_seconds` more, or from Postgres."""

    rows: Rows
    result: CacheResult
    forwarded: Forwarded | None = None
    """None for what is kept."""
    is_stored: bool = False
    """Whether it is kept now for those who come next."""
    age_seconds: float = 0.0
    left_seconds: float = 0.0

    @property
    def is_spare(self) -> bool:
        """Whether it is given for want of a better one."""
        return self.result == "stale_if_error"
