-- Disable and enable: enabling alone does not end the worker's pause between retries (5 s, then 180 s).
SELECT pglogical.alter_subscription_disable(sub_name, immediate := true),
       pglogical.alter_subscription_enable(sub_name, immediate := true)
FROM pglogical.subscription;
