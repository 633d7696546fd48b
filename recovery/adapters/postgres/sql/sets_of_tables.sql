-- Those of some tables of the schema public that a replication set has.
SELECT DISTINCT relname::text, set_name::text FROM pglogical.tables
WHERE set_name IS NOT NULL AND nspname = 'public' AND relname = ANY (%(tables)s) ORDER BY 1, 2;
