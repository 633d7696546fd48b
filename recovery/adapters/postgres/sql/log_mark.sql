INSERT INTO {table} (log_file, head, read_to, size, modified, closed)
VALUES (%(name)s, %(head)s, %(read_to)s, %(size)s, %(modified)s, %(closed)s)
ON CONFLICT (log_file, head) DO UPDATE
SET read_to = EXCLUDED.read_to, size = EXCLUDED.size, modified = EXCLUDED.modified, closed = EXCLUDED.closed,
    gone_at = NULL;
