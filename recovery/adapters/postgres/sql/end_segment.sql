-- The segment that holds the newest record; the next record goes into another one.
SELECT pg_walfile_name(pg_switch_wal());
