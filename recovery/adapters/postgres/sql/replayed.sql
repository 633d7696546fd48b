-- How far a restored cluster has replayed; it still tells its last commit after the promotion, and the segment in which
-- the replay ended, until it is started again.
SELECT
    pg_is_in_recovery(),
    CASE WHEN pg_is_in_recovery() THEN pg_get_wal_replay_pause_state() = 'paused' ELSE false END,
    CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_insert_lsn() END::text,
    pg_last_xact_replay_timestamp(),
    CASE WHEN pg_is_in_recovery() THEN NULL ELSE pg_walfile_name(pg_last_wal_replay_lsn()) END;
