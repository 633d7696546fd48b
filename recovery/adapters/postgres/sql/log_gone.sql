-- A file that went before that.
UPDATE {table} SET gone_at = clock_timestamp()
WHERE log_file = %(name)s AND head = %(head)s AND NOT closed AND gone_at IS NULL;
