-- Up to where this server has written WAL.
SELECT pg_current_wal_insert_lsn()::text;
