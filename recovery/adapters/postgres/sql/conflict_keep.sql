INSERT INTO {table} (
    log_file, log_offset, logged_at, table_schema, table_name, kind, resolution, is_real, row_key, local_key,
    remote_at, remote_origin, remote_lsn, local_row, local_at, local_origin
) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s::pg_lsn, %s, %s, %s)
ON CONFLICT DO NOTHING;
