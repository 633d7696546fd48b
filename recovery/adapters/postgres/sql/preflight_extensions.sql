-- The extensions of this database.
SELECT extname::text, extversion FROM pg_extension ORDER BY 1;
