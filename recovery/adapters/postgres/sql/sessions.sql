-- End every session of the given roles, but our own.
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE usename = ANY (%(roles)s) AND pid <> pg_backend_pid();
