-- This transaction was committed elsewhere, at that time: a later write of either region is later than it.
SELECT pg_replication_origin_xact_setup(%(position)s, %(at)s);
