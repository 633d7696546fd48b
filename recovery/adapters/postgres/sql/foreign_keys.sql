-- The foreign keys from and to some tables: name, child, parent, their columns pair by pair,
-- whether each of them is partitioned, and whether a key that is null in part must be null as a whole.
SELECT f.conname::text, cn.nspname::text, c.relname::text, pn.nspname::text, p.relname::text,
       columns.child, columns.parent, c.relkind = 'p', p.relkind = 'p', f.confmatchtype = 'f'
FROM pg_constraint f
JOIN pg_class c ON c.oid = f.conrelid
JOIN pg_namespace cn ON cn.oid = c.relnamespace
JOIN pg_class p ON p.oid = f.confrelid
JOIN pg_namespace pn ON pn.oid = p.relnamespace
CROSS JOIN LATERAL (
    SELECT array_agg(ca.attname::text ORDER BY k.place), array_agg(pa.attname::text ORDER BY k.place)
    FROM unnest(f.conkey, f.confkey) WITH ORDINALITY k (child, parent, place)
    JOIN pg_attribute ca ON ca.attrelid = f.conrelid AND ca.attnum = k.child
    JOIN pg_attribute pa ON pa.attrelid = f.confrelid AND pa.attnum = k.parent
) columns (child, parent)
WHERE f.contype = 'f' AND f.conparentid = 0
  AND ((cn.nspname, c.relname) IN (SELECT * FROM unnest(%(schemas)s::name[], %(names)s::name[]))
       OR (pn.nspname, p.relname) IN (SELECT * FROM unnest(%(schemas)s::name[], %(names)s::name[])))
ORDER BY 1, 2, 3;
