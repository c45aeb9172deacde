SELECT
    backends.active,
    backends.idle,
    backends.idle_in_transaction,
    backends.unknown,
    current_setting('max_connections')::bigint,
    backends.oldest_transaction_seconds,
    counted.xact_commit,
    counted.xact_rollback,
    counted.deadlocks,
    pg_database_size(counted.datid),
    replicas.present,
    replicas.lag_seconds
FROM (
    SELECT
        count(*) FILTER (WHERE state IN ('active', 'fastpath function call')) AS active,
        count(*) FILTER (WHERE state = 'idle') AS idle,
        count(*) FILTER (WHERE state LIKE 'idle in transaction%') AS idle_in_transaction,
        count(*) FILTER (WHERE state IS NULL OR state IN ('disabled', 'starting')) AS unknown,
        coalesce(
            extract(epoch FROM max(clock_timestamp() - xact_start) FILTER (WHERE pid <> pg_backend_pid())), 0
        )::double precision AS oldest_transaction_seconds
    FROM pg_stat_activity
    WHERE datid IS NOT NULL AND coalesce(backend_type, 'client backend') = 'client backend'
) AS backends
CROSS JOIN (SELECT * FROM pg_stat_database WHERE datname = current_database()) AS counted
CROSS JOIN (
    SELECT
        count(*) AS present,
        -- The lag of a replica that has nothing left to replay is null, and so is all of one that may not be looked at.
        CASE WHEN count(state) > 0 THEN extract(epoch FROM coalesce(max(replay_lag), interval '0')) END
            ::double precision AS lag_seconds
    FROM pg_stat_replication
) AS replicas
