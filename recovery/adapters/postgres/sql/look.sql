-- The cluster's state, and which of the given roles may log in.
SELECT current_setting('server_version'),
       pg_is_in_recovery(),
       ARRAY(SELECT rolname::text FROM pg_roles WHERE rolname = ANY (%(roles)s)),
       ARRAY(SELECT rolname::text FROM pg_roles WHERE rolname = ANY (%(roles)s) AND rolcanlogin);
