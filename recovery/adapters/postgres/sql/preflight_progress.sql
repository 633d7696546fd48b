-- How far the cluster has come. A snapshot's end is the next transaction's number; none is taken for it.
SELECT
    clock_timestamp(),
    (CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END - '0/0'::pg_lsn)::bigint,
    pg_snapshot_xmax(pg_current_snapshot())::text::bigint;
