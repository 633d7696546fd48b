-- Each subscription as if it had just been made, and disabled: its slot is in no backup, and its origin's position is one of
-- another history. Enabled, pglogical makes both anew (pglogical 2.4: sync status `i`, kind `i`: neither structure nor data).
UPDATE pglogical.subscription SET sub_enabled = false WHERE sub_enabled;
DELETE FROM pglogical.local_sync_status WHERE sync_relname IS NOT NULL;
UPDATE pglogical.local_sync_status SET sync_kind = 'i', sync_status = 'i', sync_statuslsn = '0/0';
SELECT pg_replication_origin_drop(roname)
FROM pg_replication_origin WHERE roname IN (SELECT sub_slot_name FROM pglogical.subscription);
