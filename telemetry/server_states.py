"""What the servers of Postgres and Redis told of themselves, and how it is shown."""

from collections.abc import Iterator
from dataclasses import dataclass

from telemetry.catalogue import server_rows as rows
from telemetry.readings import Reading


@dataclass(frozen=True, slots=True, kw_only=True)
class PostgresState:
    """A Postgres server and the database served from; counts are since its statistics were last reset.

    `unknown` connections are of roles that may not be looked at. `lag_seconds` is None where there is no replica, or
    none that may be looked at.
    """

    active: int
    idle: int
    idle_in_transaction: int
    unknown: int
    connections_at_most: int
    oldest_transaction_seconds: float
    commits: int
    rollbacks: int
    deadlocks: int
    size_bytes: int
    replicas: int
    lag_seconds: float | None

    def readings(self) -> Iterator[Reading]:
        """One for each figure."""
        for state in rows.BACKEND_STATES:
            yield Reading(metric=rows.POSTGRES_BACKENDS, value=getattr(self, state), labels=(state,))
        yield Reading(metric=rows.POSTGRES_CONNECTION_MAX, value=self.connections_at_most)
        yield Reading(metric=rows.POSTGRES_OLDEST_TRANSACTION, value=self.oldest_transaction_seconds)
        yield Reading(metric=rows.POSTGRES_COMMITS, value=self.commits)
        yield Reading(metric=rows.POSTGRES_ROLLBACKS, value=self.rollbacks)
        yield Reading(metric=rows.POSTGRES_DEADLOCKS, value=self.deadlocks)
        yield Reading(metric=rows.POSTGRES_SIZE, value=self.size_bytes)
        yield Reading(metric=rows.POSTGRES_REPLICAS, value=self.replicas)
        if self.lag_seconds is not None:
            yield Reading(metric=rows.POSTGRES_WAL_LAG, value=self.lag_seconds)


@dataclass(frozen=True, slots=True, kw_only=True)
class RedisState:
    """A Redis server; counts are since it started, `maximum_bytes` is 0 where nothing bounds it."""

    clients: int
    rejected: int
    used_bytes: int
    maximum_bytes: int
    evicted: int
    hits: int
    misses: int
    replicas: int

    def readings(self) -> Iterator[Reading]:
        """One for each figure."""
        yield Reading(metric=rows.REDIS_CLIENTS, value=self.clients)
        yield Reading(metric=rows.REDIS_CONNECTIONS_REJECTED, value=self.rejected)
        yield Reading(metric=rows.REDIS_MEMORY_USED, value=self.used_bytes)
        yield Reading(metric=rows.REDIS_MEMORY_MAX, value=self.maximum_bytes)
        yield Reading(metric=rows.REDIS_KEYS_EVICTED, value=self.evicted)
        yield Reading(metric=rows.REDIS_HITS, value=self.hits)
        yield Reading(metric=rows.REDIS_MISSES, value=self.misses)
        yield Reading(metric=rows.REDIS_REPLICAS, value=self.replicas)
