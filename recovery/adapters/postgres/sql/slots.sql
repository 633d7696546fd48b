-- What is kept for the other region's subscriptions. `lost`: WAL that it had to keep is thrown away.
SELECT slot_name::text, active, coalesce(wal_status, 'lost') <> 'lost'
FROM pg_replication_slots WHERE slot_name = ANY (%(slots)s::text[]);
