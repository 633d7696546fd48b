-- What this session writes comes from elsewhere: pglogical forwards it to nobody. One session at a time has an origin.
SELECT CASE WHEN pg_replication_origin_oid(%(origin)s) IS NULL THEN pg_replication_origin_create(%(origin)s) END,
       pg_replication_origin_session_setup(%(origin)s);
