SELECT pg_create_restore_point(%(name)s)::text;
