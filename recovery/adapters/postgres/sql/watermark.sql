-- The cluster, its timeline, and the oldest transaction whose rows nobody sees yet.
SELECT s.system_identifier || '-' || c.timeline_id, pg_snapshot_xmin(pg_current_snapshot())::text::bigint
FROM pg_control_system() AS s, pg_control_checkpoint() AS c;
