-- Of each table the apply worker takes over when its copy is done (`y`, synchronised), and has it `r`, ready, then.
SELECT sync_nspname::text, sync_relname::text
FROM pglogical.local_sync_status WHERE sync_relname IS NOT NULL AND sync_status NOT IN ('y', 'r') ORDER BY 1, 2;
