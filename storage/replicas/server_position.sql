-- Since when a server runs, whether it replays another's log, on which timeline, and how far it has come, as bytes from
-- the log's begin.
--
-- A replica's timeline is that of the log it is sent, which a role without pg_read_all_stats is not told, or else the one
-- its last restart point was on, which is late, never early. The primary's place is where the next record will begin; what
-- is replayed ends where the last one ended. Between the two there may be the header of a page (24 bytes) or of a file
-- (40 bytes; both sizes are those of src/include/access/xlog_internal.h), which nobody replays before a record follows.
SELECT
    extract(epoch FROM pg_postmaster_start_time())::double precision,
    seen.is_replica,
    seen.timeline,
    seen.place - CASE
        WHEN seen.is_replica THEN 0
        WHEN seen.place % pg_size_bytes(current_setting('wal_segment_size')) = 40 THEN 40
        WHEN seen.place % current_setting('wal_block_size')::bigint = 24 THEN 24
        ELSE 0
    END
FROM (
    SELECT
        pg_is_in_recovery() AS is_replica,
        CASE
            WHEN pg_is_in_recovery() THEN greatest(
                (SELECT received_tli FROM pg_stat_wal_receiver),
                (SELECT min_recovery_end_timeline FROM pg_control_recovery()),
                (SELECT timeline_id FROM pg_control_checkpoint())
            )
            ELSE ('x' || left(pg_walfile_name(pg_current_wal_insert_lsn()), 8))::bit(32)::integer
        END AS timeline,
        (CASE
            WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn()
            ELSE pg_current_wal_insert_lsn()
        END - '0/0')::bigint AS place
) AS seen
