"""Reads from replicas, put together where the settings want them."""

from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial

from middleware.outbound.policy import PoolPolicy
from server.readers import Telemetry
from server.settings import Settings
from storage.postgres.connect import connect
from storage.postgres.hosts import hosts_of
from storage.postgres.pool import Pool
from storage.replicas.member import Member
from storage.replicas.member_watch import LOOK_EVERY_SECONDS, MemberWatch
from storage.replicas.replica_reads import ReadBounds, ReplicaReads
from storage.replicas.write_positions import WritePositions
from telemetry.catalogue.outbound_rows import POSTGRES_REPLICA_AGE
from telemetry.readings import Look, PoolSizes, Reading, pool_look


@dataclass(frozen=True, slots=True, kw_only=True)
class Replicas:
    """How to read from replicas, and what tells writers how far those must have come to show their writes."""

    reads: ReplicaReads
    positions: WritePositions


@asynccontextmanager
async def reads_from_replicas(
    dsn: str, pool: Pool, *, settings: Settings, telemetry: Telemetry
) -> AsyncIterator[Replicas | None]:
    """Replicas that are looked at until the block is left; None where nothing is to be read from them."""
    if settings.postgres_reads == "primary":
        yield None
        return
    members = _members(dsn, settings, telemetry=telemetry)
    bounds = ReadBounds(age_seconds=settings.replica_lag_seconds, spare_seconds=settings.replica_stale_seconds)
    kept_seconds = max(bounds.age_seconds, bounds.spare_seconds) + LOOK_EVERY_SECONDS
    watch = MemberWatch(members, fence=pool.fence, clock=telemetry.senses.clock, kept_seconds=kept_seconds)
    positions = WritePositions(pool)
    for look in (_ages(watch), *(_pool_of(member) for member in members)):
        telemetry.metrics.look_at(look)
    await watch.start()
    try:
        yield Replicas(
            reads=ReplicaReads(watch, pool, bounds=bounds, observe=telemetry.observe),
            positions=positions,
        )
    finally:
        await watch.stop()
        await positions.close()


def _members(dsn: str, settings: Settings, *, telemetry: Telemetry) -> Sequence[Member]:
    """Every server of the address, as which of them are replicas changes."""
    # One attempt: where a replica fails, the primary is asked.
    policy = PoolPolicy(minimum=0, maximum=settings.pool_connections, attempts=1)
    return [
        Member(name, partial(connect, dsn, policy, at=host), policy=policy, senses=telemetry.senses)
        for name, host in zip(settings.replica_pools, hosts_of(dsn), strict=True)
    ]


def _ages(watch: MemberWatch) -> Look:
    def look() -> Iterator[Reading]:
        for member in watch.members:
            age_seconds = watch.age_of(member)
            if age_seconds < float("inf"):
                yield Reading(metric=POSTGRES_REPLICA_AGE, value=age_seconds, labels=(member.name,))

    return look


def _pool_of(member: Member) -> Look:
    def sizes() -> PoolSizes:
        size = member.size
        return PoolSizes(pool=member.name, idle=size.idle, used=size.used, maximum=size.maximum, pending=size.pending)

    return pool_look(sizes)
