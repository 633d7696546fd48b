-- What the lab adds to the tool's own tables: the applications' rights, and those of postgres_exporter.
GRANT SELECT, INSERT, UPDATE ON dr_probe, dr_heartbeat TO eden_app;
GRANT USAGE ON SEQUENCE dr_probe_id_seq TO eden_app;
GRANT USAGE ON SCHEMA pglogical TO eden_monitor;
GRANT SELECT ON pglogical.subscription, dr_heartbeat TO eden_monitor;
