-- What time it is there.
SELECT clock_timestamp();
