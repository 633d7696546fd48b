-- How many sessions of the given roles are left.
SELECT count(*) FROM pg_stat_activity WHERE usename = ANY (%(roles)s) AND pid <> pg_backend_pid();
