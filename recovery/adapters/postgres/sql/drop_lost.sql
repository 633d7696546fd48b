-- Only a slot of which the server has thrown WAL away; whoever reads one is not interrupted.
SELECT pg_drop_replication_slot(slot_name)
FROM pg_replication_slots WHERE slot_name = %(slot)s AND NOT active AND coalesce(wal_status, 'lost') = 'lost';
