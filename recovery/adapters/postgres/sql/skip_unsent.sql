-- Go on after a position; a slot that is there already, or further, stays.
SELECT pg_replication_slot_advance(slot_name, %(until)s::pg_lsn)
FROM pg_replication_slots WHERE slot_name = %(slot)s AND confirmed_flush_lsn < %(until)s::pg_lsn;
