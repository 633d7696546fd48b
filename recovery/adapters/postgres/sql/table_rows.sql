-- About how many rows a table has: as the planner reckons, from its density when it was last analyzed.
WITH relation AS (
    SELECT c.oid
    FROM pg_class c
    JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = %(schema)s AND c.relname = %(name)s
), parts AS (
    SELECT oid FROM relation
    UNION
    SELECT p.relid FROM relation r, pg_partition_tree(r.oid) p WHERE p.isleaf
)
SELECT coalesce(sum(
    -- Never analyzed: rows of 100 bytes.
    CASE WHEN c.relpages > 0 AND c.reltuples >= 0 THEN c.reltuples / c.relpages
         ELSE current_setting('block_size')::float8 / 100 END
    * (pg_relation_size(c.oid) / current_setting('block_size')::float8)
), 0)::bigint
FROM parts p
JOIN pg_class c ON c.oid = p.oid
WHERE c.relkind = 'r';
