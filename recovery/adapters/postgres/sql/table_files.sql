-- A table, first, and its partitions with all that inherit from it: what each is, and the file of its rows.
WITH RECURSIVE tree AS (
    SELECT to_regclass(%(table)s)::oid AS oid
    UNION
    SELECT inherits.inhrelid FROM pg_inherits AS inherits JOIN tree ON inherits.inhparent = tree.oid
)
SELECT c.oid::regclass::text, c.relkind::text, c.relpersistence::text, d.oid, c.oid,
       coalesce(nullif(c.reltablespace, 0), d.dattablespace), pg_relation_filenode(c.oid),
       -- When its row in the catalog was last changed; transactions below 3 are PostgreSQL's own.
       CASE WHEN current_setting('track_commit_timestamp')::boolean AND c.xmin::text::bigint > 2
            THEN pg_xact_commit_timestamp(c.xmin) END
FROM tree JOIN pg_class AS c ON c.oid = tree.oid JOIN pg_database AS d ON d.datname = current_database()
ORDER BY c.oid <> to_regclass(%(table)s)::oid, c.oid;
