-- Logical slots, and how much WAL each keeps. Slots of others' databases are not ours.
SELECT
    slot_name::text,
    active,
    coalesce(wal_status, 'lost'),
    coalesce(greatest(
        CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END - restart_lsn, 0
    ), 0)::bigint
FROM pg_replication_slots
WHERE slot_type = 'logical' AND NOT temporary
ORDER BY 1;
