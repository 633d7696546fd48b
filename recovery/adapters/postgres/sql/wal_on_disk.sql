-- Up to where WAL is on the disk. What is written and not flushed yet, a slot does not show: it must not be passed over.
SELECT pg_current_wal_flush_lsn()::text;
