-- A table's columns in their order: name, type, generated, always identity, place in the key, whether
-- another unique index (or an exclusion constraint) depends on it, whether it is never null, and whether the table is
-- partitioned.
WITH relation AS (
    SELECT c.oid, c.relkind
    FROM pg_class c
    JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = %(schema)s AND c.relname = %(name)s AND c.relkind IN ('r', 'p')
), required AS (
    SELECT a.attnum
    FROM relation r
    JOIN pg_attribute a ON a.attrelid = r.oid
    -- From PostgreSQL 18 on, a constraint that is not valid says nothing about the rows that were there before it.
    WHERE a.attnotnull AND NOT EXISTS (
        SELECT FROM pg_constraint k
        WHERE k.conrelid = r.oid AND k.contype = 'n' AND k.conkey[1] = a.attnum AND NOT k.convalidated
    )
), chosen AS (
    -- The primary key, or else the narrowest unique index whose columns are never null.
    SELECT i.indexrelid, i.indkey, i.indnkeyatts
    FROM pg_index i
    JOIN relation r ON r.oid = i.indrelid
    JOIN pg_class c ON c.oid = i.indexrelid
    WHERE i.indisunique AND i.indisvalid AND i.indpred IS NULL AND i.indexprs IS NULL
      AND NOT EXISTS (
          SELECT FROM unnest(i.indkey) WITH ORDINALITY k (attnum, place)
          WHERE k.place <= i.indnkeyatts AND k.attnum NOT IN (SELECT attnum FROM required)
      )
    ORDER BY i.indisprimary DESC, i.indnkeyatts, c.relname
    LIMIT 1
), elsewhere AS (
    SELECT k.attnum
    FROM pg_index i
    JOIN relation r ON r.oid = i.indrelid
    CROSS JOIN LATERAL (
        SELECT unnest(i.indkey)::int
        UNION
        SELECT d.refobjsubid
        FROM pg_depend d
        WHERE d.classid = 'pg_class'::regclass AND d.objid = i.indexrelid
          AND d.refclassid = 'pg_class'::regclass AND d.refobjid = r.oid
    ) k (attnum)
    WHERE (i.indisunique OR i.indisexclusion) AND i.indexrelid NOT IN (SELECT indexrelid FROM chosen)
)
SELECT a.attname::text, format_type(a.atttypid, a.atttypmod), a.attgenerated <> '', a.attidentity = 'a',
       (SELECT k.place
        FROM chosen i, unnest(i.indkey) WITH ORDINALITY k (attnum, place)
        WHERE k.attnum = a.attnum AND k.place <= i.indnkeyatts),
       a.attnum IN (SELECT attnum FROM elsewhere),
       a.attnum IN (SELECT attnum FROM required), r.relkind = 'p'
FROM relation r
JOIN pg_attribute a ON a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY a.attnum;
