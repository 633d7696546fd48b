-- What was logged lately is asked for every few seconds.
CREATE INDEX ON {table} (logged_at);
