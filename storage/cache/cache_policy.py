"""The numbers that steer a cache, each with its reason."""

import math
from dataclasses import dataclass

_MICROSECONDS = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class CachePolicy:
    """How long an answer may be used, and how much is kept."""

    fresh_seconds: int
    """What the resource declares: how long an answer may be reused."""

    error_seconds: int = 86_400
    """How long past that an answer still stands in while Postgres cannot be read: a day, in which somebody will have
    noticed. (RFC 5861's own example says the same; Fastly and Varnish users commonly give from an hour to a day.)"""

    negative_seconds: int = 5
    """How long "there is no such record" may be reused. A create through Mainstay ends it at once; a row that comes
    in some other way is not denied for longer than a person tries again."""

    jitter_ratio: float = 0.1
    """An answer is read anew, while it is still used, in the last tenth of its time, at an instant drawn at random:
    answers kept in the same second do not all come due in the same second."""

    revalidation_ratio: float = 0.1
    """For so much longer than its time an answer may be used while it is read anew, at least a second. What many ask
    for is renewed long before; what few ask for is read from Postgres in a millisecond. A longer window would only let
    callers see older data than the resource says."""

    patience_seconds: float = 0.5
    """Who could be given an answer past its time waits so long for a better one: as long as a call to Postgres may take
    before it counts as slow (BreakerPolicy)."""

    maximum_bytes: int = 262_144
    """Larger answers are not kept: 200 records of 1 KiB fit, and 500 such lists in the embedded Valkey's 128 MiB."""

    answers_a_record: int = 32
    """How many answers about one record are kept: callers choose among its `fields`, most of them the same few."""

    @property
    def revalidation_seconds(self) -> int:
        """For how long past its time an answer may be used while it is read anew."""
        return max(1, math.ceil(self.fresh_seconds * self.revalidation_ratio))

    @property
    def kept_seconds(self) -> int:
        """How long an answer is kept in all."""
        return self.fresh_seconds + self.error_seconds

    def life_seconds(self, *, is_empty: bool) -> int:
        """How long an answer is fresh; an empty one says that there is no such record."""
        return min(self.fresh_seconds, self.negative_seconds) if is_empty else self.fresh_seconds

    def renewed_at(self, asked_at: int, *, jitter: float) -> int:
        """When to read an answer anew, in microseconds as `asked_at`; `jitter` in [0, 1)."""
        return asked_at + int(self.fresh_seconds * (1 - self.jitter_ratio * jitter) * _MICROSECONDS)
