-- The applications' tables of which a subscriber is not sent every row: a partitioned one is sent partition by partition.
SELECT n.nspname::text, c.relname::text
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p') AND c.relpersistence = 'p' AND NOT c.relispartition
  AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
  AND NOT EXISTS (
      SELECT FROM pg_depend d
      WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e'
  )
  AND EXISTS (
      SELECT FROM (
          SELECT c.oid WHERE c.relkind = 'r'
          UNION ALL
          SELECT p.relid FROM pg_partition_tree(c.oid) p WHERE p.isleaf AND p.relid <> c.oid
      ) AS part (oid)
      WHERE part.oid NOT IN (SELECT t.relid FROM pglogical.tables t WHERE t.set_name IS NOT NULL)
  )
ORDER BY 1, 2;
