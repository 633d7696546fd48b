-- How the node groups' databases write and sort text; the version of a collation changes with the machine's libraries.
SELECT
    datname::text,
    pg_encoding_to_char(encoding)::text,
    datcollate || ' ' || datctype,
    datcollversion,
    pg_database_collation_actual_version(oid)
FROM pg_database
WHERE datname = ANY (%(databases)s)
ORDER BY 1;
