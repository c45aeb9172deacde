"""What a cache can say: part of the union in `events.py`."""

from typing import Literal

from telemetry.frozen import frozen

CacheResult = Literal["hit", "negative", "stale", "stale_if_error", "miss", "collapsed", "bypass", "degraded", "error"]
InvalidationOutcome = Literal["ok", "owed", "repeated"]


@frozen
class CacheRead:
    """A read of a cached resource (`cache`) has ended.

    From what is kept: `hit`; `negative`, there is no such record; `stale`, past its time while it is read anew;
    `stale_if_error`, as Postgres could not be read. From Postgres: `miss`; `collapsed`, together with others who asked
    the same; `bypass`, as the caller wanted it so; `degraded`, as what is kept could not be asked or trusted.
    `error`: from neither.
    """

    cache: str
    result: CacheResult


@frozen
class CacheInvalidated:
    """What was written has been made known to the cache of all replicas; `repeated` where that had failed before.

    `owed`: it could not be, and is tried again each second. Until then this replica trusts nothing that is kept.
    """

    outcome: InvalidationOutcome
    tables: tuple[str, ...]


CacheEvent = CacheRead | CacheInvalidated
"""Of reads through a cache and of what ends what it keeps."""
