-- The tables that a subscriber is sent: columns in their order, the primary key, and every further index or constraint
-- that a row can clash with. pglogical resolves a clash in one alone.
WITH replicated AS (
    SELECT DISTINCT c.oid, n.nspname, c.relname
    FROM pglogical.tables t
    JOIN pg_namespace n ON n.nspname = t.nspname
    JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = t.relname
    WHERE t.set_name IS NOT NULL
)
SELECT
    r.nspname::text,
    r.relname::text,
    (SELECT jsonb_agg(jsonb_build_array(
         a.attname, format_type(a.atttypid, a.atttypmod), a.attgenerated <> '', a.attidentity = 'a'
     ) ORDER BY a.attnum)
     FROM pg_attribute a
     WHERE a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped),
    (SELECT coalesce(jsonb_agg(a.attname ORDER BY k.place), '[]')
     FROM pg_index i
     CROSS JOIN LATERAL unnest(i.indkey) WITH ORDINALITY k (attnum, place)
     JOIN pg_attribute a ON a.attrelid = r.oid AND a.attnum = k.attnum
     WHERE i.indrelid = r.oid AND i.indisprimary AND k.place <= i.indnkeyatts),
    (SELECT coalesce(jsonb_agg(x.relname ORDER BY x.relname), '[]')
     FROM pg_index i
     JOIN pg_class x ON x.oid = i.indexrelid
     WHERE i.indrelid = r.oid AND NOT i.indisprimary AND (i.indisunique OR i.indisexclusion))
FROM replicated r
ORDER BY 1, 2;
