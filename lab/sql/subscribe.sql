-- Apply what the other region writes; never forward what it sent us (no loops).
SELECT pglogical.create_subscription(
    subscription_name := %(name)s,
    provider_dsn := %(dsn)s,
    replication_sets := ARRAY['default'],
    synchronize_structure := false,
    synchronize_data := false,
    forward_origins := '{}'
);
