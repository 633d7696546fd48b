-- This database's subscriptions. pglogical names the replication origin after the slot; one that is to begin anew has none.
SELECT s.sub_name::text, s.sub_enabled,
       (SELECT pg_replication_origin_progress(o.roname, true)::text
        FROM pg_replication_origin o WHERE o.roname = s.sub_slot_name::text),
       (SELECT status = 'replicating' FROM pglogical.show_subscription_status(s.sub_name)), s.sub_slot_name::text,
       s.sub_replication_sets
FROM pglogical.subscription s ORDER BY s.sub_name;
