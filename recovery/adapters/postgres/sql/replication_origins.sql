SELECT roident::int, roname::text FROM pg_replication_origin;
