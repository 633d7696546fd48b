-- Roles that log in: ours, the services', and those as which the other region subscribes. NULL: for ever.
SELECT
    rolname::text,
    rolcanlogin,
    CASE WHEN rolvaliduntil < 'infinity' THEN greatest(rolvaliduntil, 'epoch'::timestamptz) END
FROM pg_roles
WHERE rolname = current_user OR rolname = ANY (%(roles)s)
    OR rolname IN (SELECT usename FROM pg_stat_replication)
ORDER BY 1;
