"""The Postgres server as it tells of itself; tickets, since there is time: callers feel it only when it is used up."""

from telemetry.catalogue.outbound_rows import POSTGRES_REPLICA_READS
from telemetry.catalogue.server_rows import (
    POSTGRES_BACKENDS,
    POSTGRES_CONNECTION_MAX,
    POSTGRES_DEADLOCKS,
    POSTGRES_OLDEST_TRANSACTION,
    POSTGRES_WAL_LAG,
)
from telemetry.render.promql import Not, Series, total
from telemetry.render.rules import AlertRule


def postgres_alerts(series: Series) -> list[AlertRule]:
    """Of its connections, transactions and replicas; every process asks the same server, so the most is taken."""
    return [_connections(series), _transaction(series), _deadlocks(series), _lag(series), _not_read(series)]


def _connections(series: Series) -> AlertRule:
    used = f"max by (job) (sum by (job, instance) ({series.of(POSTGRES_BACKENDS)}))"
    return AlertRule(
        name="PostgresConnectionsHigh",
        # The last fifth is for a deploy, during which both versions have their pools, and for a person.
        expr=f"{used} / max by (job) ({series.of(POSTGRES_CONNECTION_MAX)}) > 0.8",
        for_seconds=300,
        severity="ticket",
        summary="The Postgres of {{ $labels.job }} has {{ $value | humanizePercentage }} of its connections in use",
        description="With none left nobody can connect, not even whoever wants to look why.",
        board="postgres",
        labels={"dependency": "postgres"},
    )


def _transaction(series: Series) -> AlertRule:
    return AlertRule(
        name="LongTransaction",
        # Ours end within seconds, whatever happens: this one is somebody else's. Vacuum waits for it.
        expr=f"max by (job) ({series.of(POSTGRES_OLDEST_TRANSACTION)}) > 15m",
        for_seconds=60,
        severity="ticket",
        summary="A transaction has been open on the Postgres of {{ $labels.job }} for {{ $value | humanizeDuration }}",
        description="It keeps its locks, and keeps vacuum from clearing away: tables grow and reads become slower.",
        board="postgres",
        labels={"dependency": "postgres"},
    )


def _deadlocks(series: Series) -> AlertRule:
    return AlertRule(
        name="DeadlocksHigh",
        # A few a day are tried again and felt by nobody; five in a quarter of an hour are two places at odds.
        expr=f"max by (job) (increase({series.of(POSTGRES_DEADLOCKS)}[15m])) > 5",
        severity="ticket",
        summary="Transactions of {{ $labels.job }} lock each other out",
        description="{{ $value | humanize }} deadlocks within 15 minutes, each found after a second of waiting.",
        board="postgres",
        labels={"dependency": "postgres"},
    )


def _lag(series: Series) -> AlertRule:
    return AlertRule(
        name="ReplicationLag",
        # Seconds are usual under load. What is not on the replica is lost if the primary's disk is.
        expr=f"max by (job) ({series.of(POSTGRES_WAL_LAG)}) > 30s",
        for_seconds=300,
        severity="ticket",
        summary="A replica of the Postgres of {{ $labels.job }} is {{ $value | humanizeDuration }} behind",
        description="Should the primary be lost now, so would be the writes of that time.",
        board="postgres",
        labels={"dependency": "postgres"},
    )


def _not_read(series: Series) -> AlertRule:
    reads = total(series.rate(POSTGRES_REPLICA_READS, "5m", result=Not(("requested",))))
    missed = total(series.rate(POSTGRES_REPLICA_READS, "5m", result=("late", "away", "failed")))
    return AlertRule(
        name="ReplicasNotRead",
        # One in five: a replica that is restarted, or late for a moment, is made up for by the primary, unnoticed.
        expr=f"{missed} / {reads} > 0.2\nand {missed} > 0.1",
        for_seconds=300,
        severity="ticket",
        summary="{{ $value | humanizePercentage }} of the reads of {{ $labels.job }} for replicas go to the primary",
        description="Replicas are away, too old or fail. The primary carries their load too, for five minutes now.",
        board="postgres",
        labels={"dependency": "postgres"},
    )
