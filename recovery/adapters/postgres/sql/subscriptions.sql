-- This database's subscriptions. pglogical names the replication origin after the slot.
SELECT s.sub_name::text, s.sub_enabled, pg_replication_origin_progress(s.sub_slot_name::text, true)::text,
       (SELECT status = 'replicating' FROM pglogical.show_subscription_status(s.sub_name)), s.sub_slot_name::text,
       s.sub_replication_sets
FROM pglogical.subscription s ORDER BY s.sub_name;
