-- Disable at once: the worker ends, its origin position stays.
SELECT pglogical.alter_subscription_disable(sub_name, immediate := true)
FROM pglogical.subscription WHERE sub_enabled;
