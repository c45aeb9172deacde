-- The timeline a server writes on, 0 where it takes no writes. The first eight digits of a WAL file's name are its
-- timeline (PostgreSQL manual, 9.28.3), and unlike the control file's they are right from the promotion on.
SELECT CASE
    WHEN pg_is_in_recovery() OR current_setting('transaction_read_only')::boolean THEN 0
    ELSE ('x' || left(pg_walfile_name(pg_current_wal_insert_lsn()), 8))::bit(32)::integer
END
