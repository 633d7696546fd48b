-- The cluster's replication origins by their numbers in WAL, and whether each is a subscription's of this database.
-- pglogical names the origin after the slot.
SELECT o.roident::integer, o.roname, s.sub_id IS NOT NULL
FROM pg_replication_origin AS o LEFT JOIN pglogical.subscription AS s ON s.sub_slot_name = o.roname;
