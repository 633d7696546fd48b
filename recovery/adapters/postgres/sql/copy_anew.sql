-- The table's sync status is `i`, kind `d`. Its rows are gone already: pglogical would truncate, which a foreign key refuses.
SELECT pglogical.alter_subscription_resynchronize_table(%(subscription)s, %(table)s::regclass, truncate := false);
