-- The tables that a subscriber is sent.
SELECT DISTINCT nspname::text, relname::text FROM pglogical.tables WHERE set_name IS NOT NULL ORDER BY 1, 2;
