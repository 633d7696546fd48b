-- The cluster as a whole: release, the settings that are asked for, and who is connected.
SELECT
    current_setting('server_version'),
    (SELECT coalesce(jsonb_object_agg(name, setting), '{}') FROM pg_settings WHERE name = ANY (%(settings)s)),
    pg_has_role('pg_read_all_settings', 'USAGE'),
    (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'),
    (SELECT max(age(datfrozenxid)) FROM pg_database);
