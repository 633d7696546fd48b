-- The cluster, its timeline, the table with its partitions, and the oldest transaction whose rows nobody sees yet.
-- The control file has a promotion's timeline only after the next checkpoint.
SELECT concat_ws(
           '-', s.system_identifier,
           CASE WHEN pg_is_in_recovery() THEN c.timeline_id::text ELSE left(pg_walfile_name(pg_current_wal_lsn()), 8) END,
           md5(string_agg(t.relid::oid::text, ',' ORDER BY t.relid::oid))
       ),
       pg_snapshot_xmin(pg_current_snapshot())::text::bigint
FROM pg_control_system() AS s, pg_control_checkpoint() AS c,
     pg_class AS r JOIN pg_namespace AS n ON n.oid = r.relnamespace,
     LATERAL (SELECT relid FROM pg_partition_tree(r.oid) UNION SELECT r.oid::regclass) AS t
WHERE n.nspname = %(schema)s AND r.relname = %(name)s
GROUP BY s.system_identifier, c.timeline_id;
