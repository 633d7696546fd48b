-- Every sequence that a column owns, with that column.
SELECT sn.nspname::text, s.relname::text, n.nspname::text, t.relname::text, a.attname::text,
       q.seqincrement
FROM pg_class s
JOIN pg_namespace sn ON sn.oid = s.relnamespace
JOIN pg_sequence q ON q.seqrelid = s.oid
JOIN pg_depend d ON d.objid = s.oid AND d.classid = 'pg_class'::regclass AND d.deptype IN ('a', 'i')
JOIN pg_class t ON t.oid = d.refobjid
JOIN pg_namespace n ON n.oid = t.relnamespace
JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = d.refobjsubid
WHERE s.relkind = 'S' AND n.nspname NOT IN ('pglogical', 'pg_catalog', 'information_schema')
ORDER BY 1, 2;
