-- A copy that was begun: pglogical refuses to begin another one of its table.
DELETE FROM pglogical.local_sync_status
WHERE sync_nspname = %(schema)s AND sync_relname = %(name)s AND sync_status NOT IN ('y', 'r');
