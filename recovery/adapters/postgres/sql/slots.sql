-- What is kept for the other region's subscriptions. `lost`: WAL that it had to keep is thrown away.
SELECT
    slot_name::text,
    active,
    coalesce(wal_status, 'lost') <> 'lost',
    coalesce(greatest(
        CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END - restart_lsn, 0
    ), 0)::bigint
FROM pg_replication_slots WHERE slot_name = ANY (%(slots)s::text[]);
